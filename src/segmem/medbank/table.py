"""The table of sources: which datasets, whose objects, how they are windowed, and what the paper counts."""

from importlib import resources
from pathlib import Path
from typing import Self

import yaml
from pydantic import Field, PositiveInt, ValidationError, model_validator

from segmem.core import Settings
from segmem.core.errors import InputError, SettingsError
from segmem.data.layouts import Layout


class TaskRow(Settings):
    """One object of a source."""

    object: str = Field(pattern=r"^[A-Za-z0-9-]+$")
    """As the task's folder names it."""
    values: tuple[int, ...] = Field(min_length=1)
    """Label values that are the object."""
    extra: bool = False
    """Whether it is trained on, but is none of the paper's 21 tasks."""


class SourceRow(Settings):
    """One dataset."""

    name: str
    """As it is known."""
    publication: str | None = None
    """The dataset it is a part of, where it is one; none: it is one by itself."""
    folder: str
    """Where it is, relative to the folder of downloads."""
    modality: str = Field(pattern=r"^[A-Za-z0-9-]+$")
    """As the paper's table has it."""
    layout: Layout | None = None
    """How the folder is laid out; none recognises it."""
    group: str | None = None
    """A pattern with one group that finds the patient in a case's name; none: each case is one."""
    window: tuple[float, float] | None = None
    """The values that become black and white."""
    licence: str
    """What its owners ask, in short; read theirs."""
    tasks: tuple[TaskRow, ...] = Field(min_length=1)
    """Its objects."""


class PaperRow(Settings):
    """What the paper counts of a modality."""

    tasks: PositiveInt | None
    """Tasks that it reports; none: it does not say."""
    images: PositiveInt
    """Pairs of image and mask."""


class OverlapRow(Settings):
    """External sets that share cases with a training set."""

    training: str
    """Name of the source."""
    external: tuple[str, ...]
    """Names of the sets."""
    why: str
    """What is shared."""


class Table(Settings):
    """All of it."""

    sources: tuple[SourceRow, ...] = Field(min_length=1)
    """Datasets."""
    paper: dict[str, PaperRow] = Field(default_factory=dict)
    """By modality."""
    overlaps: tuple[OverlapRow, ...] = ()
    """Known to share cases."""

    @model_validator(mode="after")
    def _each_source_once(self) -> Self:
        for what in ("name", "folder"):
            found = [getattr(source, what) for source in self.sources]
            twice = next((one for one in found if found.count(one) > 1), None)
            if twice is not None:
                raise ValueError(f"two sources have the {what} {twice!r}")
        return self

    def task_folders(self) -> dict[tuple[str, str], str]:
        """Object and modality to `Object_Modality_ID`; numbers count from 1 in the table's order."""
        named: dict[tuple[str, str], str] = {}
        for source in self.sources:
            for task in source.tasks:
                key = task.object, source.modality
                named.setdefault(key, f"{task.object}_{source.modality}_{len(named) + 1}")
        return named


def load_table(path: Path | None = None) -> Table:
    """The table of a YAML file; None takes the paper's, which comes with the package.

    Raises:
        InputError: the file cannot be read.
        SettingsError: it is no such table.
    """
    where = path or resources.files("segmem.medbank").joinpath("sources.yaml")
    try:
        tree = yaml.safe_load(where.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(f"{where}: the table cannot be read ({fault}). Give a YAML file.") from None
    except yaml.YAMLError as fault:
        raise SettingsError(f"{where}: not YAML: {' '.join(str(fault).split())}.") from None
    try:
        return Table.model_validate(tree)
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{where}: {place or 'the table'}: {first['msg']}.") from None
