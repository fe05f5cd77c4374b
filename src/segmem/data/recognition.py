"""What a folder looks like to one layout: why it is that, or what it lacks to be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recognition:
    """True where the folder has the layout.

    Attributes:
        found: what was seen that makes it this layout, in words; empty where it is not.
        lacks: of a near miss, what was seen and what is missing; empty where nothing points to this layout.
    """

    found: str = ""
    lacks: str = ""

    def __bool__(self) -> bool:
        return bool(self.found)


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 video`, `3 videos`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
