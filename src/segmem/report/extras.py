"""What a report needs beside the package."""

from segmem.core.extras import require


def require_drawing() -> None:
    """Raise MissingExtraError where Jinja or Matplotlib is not installed."""
    require("A report", ("jinja2", "matplotlib"), "eval", "Or do without: --no-report.")
