"""Tables of the three papers, as data: what they print, and what their code really measures."""

from importlib.resources import files

from segmem.core import Settings
from segmem.core.errors import UsageError, nearest

FOLDER = "tables"


class PublishedRow(Settings):
    """One row: of a method, or of a task."""

    method: str
    values: dict[str, float | None]
    """By column; none where the paper's number is not known here."""


class Published(Settings):
    """One table."""

    title: str
    paper: str
    data: str
    measured_as: str
    """What the released code computes under the name that the table uses."""
    hardware: str | None
    """None where the paper does not say."""
    columns: tuple[str, ...]
    rows: tuple[PublishedRow, ...]
    printed_mean: dict[str, float] | None = None
    """As printed under the rows, whether or not it is their mean."""
    remarks: tuple[str, ...] = ()

    def means(self) -> dict[str, float]:
        """Of the rows that are known, by column."""
        known = {column: [row.values[column] for row in self.rows] for column in self.columns}
        return {
            column: sum(v for v in values if v is not None) / len(values)
            for column, values in known.items()
            if None not in values
        }


def names() -> tuple[str, ...]:
    """Of all tables."""
    folder = files(__package__ or "segmem.reproduce").joinpath(FOLDER)
    return tuple(
        sorted(entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json"))
    )


def published(name: str) -> Published:
    """A table by its name.

    Raises:
        UsageError: there is none of that name; those there are, and the nearest, are named.
    """
    if name not in names():
        raise UsageError(f"No table {name!r}.{nearest(name, list(names()))} There are: {', '.join(names())}.")
    text = files(__package__ or "segmem.reproduce").joinpath(FOLDER, f"{name}.json").read_text("utf-8")
    return Published.model_validate_json(text)
