"""Whether packages that an extra brings are installed, asked before work begins."""

from collections.abc import Sequence
from importlib.util import find_spec

from segmem.core.errors import MissingExtraError


def require(what: str, modules: Sequence[str], extra: str, otherwise: str = "") -> None:
    """Raise MissingExtraError where one of `modules` is not installed.

    Args:
        what: needs them, as a sentence begins.
        modules: by the names they are imported by.
        extra: that brings them.
        otherwise: what can be done without them, as a sentence.
    """
    lacking = [name for name in modules if find_spec(name) is None]
    if lacking:
        told = f"{what} needs {' and '.join(lacking)}, not installed here: pip install 'segmem[{extra}]'."
        raise MissingExtraError(f"{told} {otherwise}".rstrip())
