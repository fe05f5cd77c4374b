"""What a report needs beside the package."""

from importlib.util import find_spec

from segmem.core.errors import MissingExtraError


def require_drawing() -> None:
    """Raise MissingExtraError where Jinja or Matplotlib is not installed."""
    lacking = [name for name in ("jinja2", "matplotlib") if find_spec(name) is None]
    if lacking:
        raise MissingExtraError(
            f"A report needs {' and '.join(lacking)}, not installed here: pip install 'segmem[eval]'. Or do without:"
            " --no-report."
        )
