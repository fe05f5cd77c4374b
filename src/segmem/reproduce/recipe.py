"""How rows of our own are made for a published table, as data."""

from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import Field, model_validator

from segmem.core import Settings

Scale = Literal["smoke", "full"]
FOLDER = "recipes"


class Wanted(Settings):
    """The data that is measured on."""

    path: str
    """Folder, from the data's root."""
    title: str
    """What the dataset is called, for those who have to get it."""
    groups: int
    """As many patients, videos or operations as there must be."""
    group: str | None = None
    """A pattern that finds the patient, video or operation in a case's name."""
    label_map: dict[int, int] = Field(default_factory=dict)


class Column(Settings):
    """What a published column of some classes is beside."""

    metric: str
    """Of ours."""
    classes: tuple[str, ...]
    """Whose mean it is."""


class OurRow(Settings):
    """One row of ours: a model that ships, or one that is trained for it."""

    method: str
    model: str | None = None
    """A shipped name; it must not have learnt from the test cases."""
    preset: str | None = None
    """Trained as this preset says."""
    changes: dict[str, Any] = Field(default_factory=dict)
    """Of the preset's settings."""
    after: str | None = None
    """The method of an earlier trained row, with whose network this one's training begins."""

    @model_validator(mode="after")
    def _one_way(self) -> "OurRow":
        if (self.model is None) == (self.preset is None):
            raise ValueError("a row is of a model or of a preset")
        return self


class Recipe(Settings):
    """Of one table at one scale."""

    about: str
    """What the rows can be compared with, in a sentence."""
    data: Wanted
    test: tuple[str, ...]
    """Patients, videos or operations that are measured on, and never learnt from."""
    columns: dict[str, str | Column]
    """Metric of ours for each published column, as a mean of classes; a name that a metric begins with."""
    rows: tuple[OurRow, ...]

    @model_validator(mode="after")
    def _in_order(self) -> "Recipe":
        trained: list[str] = []
        for row in self.rows:
            if row.after is not None and row.after not in trained:
                raise ValueError(f"{row.method!r} comes after {row.after!r}, which no earlier row trains")
            if row.preset is not None:
                trained.append(row.method)
        return self


def recipe(name: str, scale: Scale) -> Recipe | None:
    """Of a table; None where there is none yet."""
    file = files(__package__ or "segmem.reproduce").joinpath(FOLDER, f"{name}.{scale}.yaml")
    return Recipe.model_validate(yaml.safe_load(file.read_text("utf-8"))) if file.is_file() else None


def scales(name: str) -> tuple[Scale, ...]:
    """For which there is a recipe."""
    return tuple(scale for scale in ("smoke", "full") if recipe(name, scale) is not None)
