"""A look at a file before a decoder gets it: is it there, is it empty, is it text."""

from pathlib import Path

from segmem.core.errors import FormatError, InputError

_LOOK = 512
_TEXT = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0C, 0x0D}


def require_file(path: Path, what: str) -> None:
    """Check that `path` is a readable file that is not empty; `what` is "a video", "an image"...

    Raises:
        InputError: there is no such file, it is a folder, or it may not be read.
        FormatError: it has no bytes.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder, {what} was expected. Name the file in it.")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.read(1)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist. Check the path.") from None
    except OSError as why:
        raise InputError(f"{path} cannot be read ({why.strerror}). Check its permissions.") from None
    if size == 0:
        raise FormatError(
            f"{path} is empty (0 bytes), {what} was expected. Copy it again from where it came."
        )


def is_text(path: Path) -> bool:
    """Whether the first bytes are plain text, which no medium we read begins with."""
    with path.open("rb") as file:
        head = file.read(_LOOK)
    if not head:
        return False
    if all(byte in _TEXT for byte in head):
        return True
    try:
        text = head[: _LOOK - 4].decode("utf-8") if len(head) == _LOOK else head.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\n\f\r\ufeff" for letter in text)


def not_a(path: Path, what: str, why: object = None) -> FormatError:
    """The error for a file that is not what its name says."""
    if is_text(path):
        return FormatError(
            f"{path} is not {what}: its first bytes are text. Check what was saved under that name."
        )
    reason = f" ({' '.join(str(why).split())})" if why else ""
    return FormatError(f"{path} cannot be read as {what}{reason}. It is damaged or its name is wrong.")
