"""A page of sections made of text, tables, drawings and pictures, as one HTML file that needs nothing else."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from math import isnan
from typing import Literal

from segmem.report.extras import require_drawing

NOTHING = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Cell:
    """What a table shows in one place, and what it sorts by if that is a number."""

    text: str
    key: float | None = None

    @classmethod
    def of(cls, value: float | None, form: str = ".3f") -> "Cell":
        """A number in a form; what was not measured is a dash and sorts last."""
        return cls(NOTHING) if value is None or isnan(value) else cls(format(value, form), value)


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; a warning is marked as one."""

    text: str
    warning: bool = False
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells as there are columns. It sorts where its heads are pressed.

    Attributes:
        columns: what stands at their heads.
        rows: of cells.
        folded: the words that unfold it; empty where it is open.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    folded: str = ""
    kind: Literal["table"] = "table"

    @property
    def sides(self) -> tuple[str, ...]:
        """Of each column: numbers stand right, words left."""
        return tuple(
            "right" if any(row[place].key is not None for row in self.rows) else "left"
            for place in range(len(self.columns))
        )


@dataclass(frozen=True, slots=True)
class Drawing:
    """One SVG and what it shows.

    Attributes:
        svg: drawn by `chart`, and nothing else: it goes into the page as it is.
        caption: in words, also for those who cannot see it.
        wide: scrolls on a narrow screen instead of shrinking.
    """

    svg: str
    caption: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Drawings:
    """Beside each other where there is room."""

    each: tuple[Drawing, ...]
    kind: Literal["drawings"] = "drawings"


@dataclass(frozen=True, slots=True)
class Picture:
    """One JPEG and what it shows."""

    jpeg: bytes = field(repr=False)
    caption: str

    @property
    def address(self) -> str:
        """The picture itself, written out."""
        return "data:image/jpeg;base64," + base64.b64encode(self.jpeg).decode("ascii")


@dataclass(frozen=True, slots=True)
class Pictures:
    """Beside each other where there is room."""

    each: tuple[Picture, ...]
    kind: Literal["pictures"] = "pictures"


Block = Text | Table | Drawings | Pictures


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what is under it."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def anchor(self) -> str:
        """Its name in the page's addresses."""
        return "".join(letter if letter.isalnum() else "-" for letter in self.title.casefold())


def html(title: str, facts: Sequence[tuple[str, str]], sections: Sequence[Section]) -> str:
    """The page. Every text is escaped: a case may be called anything.

    Args:
        title: of the page.
        facts: what was run on what, a few words each, under the title.
        sections: in order; those without blocks are left out.

    Raises:
        MissingExtraError: Jinja or Matplotlib is not installed.
    """
    require_drawing()
    from jinja2 import Environment, StrictUndefined

    own = files(__package__ or "segmem.report")
    texts = {name: own.joinpath(name).read_text("utf-8") for name in ("page.html.j2", "page.css", "page.js")}
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return template.from_string(texts["page.html.j2"]).render(
        title=title,
        facts=facts,
        sections=[section for section in sections if section.blocks],
        style=texts["page.css"],
        script=texts["page.js"],
    )
