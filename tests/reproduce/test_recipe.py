"""How rows of our own are made, as data."""

import json

import pytest
from pydantic import ValidationError

from segmem.reproduce.published import names, published
from segmem.reproduce.recipe import Column, OurRow, Recipe, recipe, scales
from segmem.train.presets import load_settings


def test_every_recipe_fits_its_table_and_trains_a_preset_that_is_there() -> None:
    found = [(name, scale) for name in names() for scale in scales(name)]
    assert ("tmam-table1", "smoke") in found
    for name, scale in found:
        made = recipe(name, scale)
        assert made is not None
        assert set(made.columns) <= set(published(name).columns)
        for row in made.rows:
            if row.preset is not None:
                changes = [f"{key}={json.dumps(value)}" for key, value in row.changes.items()]
                load_settings(row.preset, None, changes)


@pytest.mark.parametrize("name", ["tmam-table1", "tmam-table2"])
def test_every_published_row_of_the_temporal_module_has_its_own(name: str) -> None:
    made = recipe(name, "full")
    assert made is not None
    assert [row.method for row in made.rows] == [row.method for row in published(name).rows]
    for row in made.rows:
        later = row.method.endswith(("3 more epochs", "+ TMAM"))
        assert (row.after is not None) == later


def test_columns_of_single_organs_name_classes_that_the_preset_has() -> None:
    made = recipe("lapg-btcv", "full")
    assert made is not None
    assert set(made.columns) == set(published("lapg-btcv").columns)
    named = [
        name for column in made.columns.values() if isinstance(column, Column) for name in column.classes
    ]
    assert sorted(named) == sorted(load_settings("lapg-btcv").model.classes[1:])


def test_a_row_comes_after_one_that_is_trained() -> None:
    first, second = OurRow(method="a", preset="nano"), OurRow(method="b", preset="nano", after="a")
    common = {"about": "", "data": {"path": "p", "title": "t", "groups": 1}, "test": (), "columns": {}}
    Recipe.model_validate(common | {"rows": (first, second)})
    with pytest.raises(ValidationError, match="'b' comes after 'a', which no earlier row trains"):
        Recipe.model_validate(common | {"rows": (second, first)})


def test_none_where_there_is_none() -> None:
    assert recipe("samed2-internal", "full") is None
    assert scales("samed2-internal") == ()


def test_a_row_is_of_a_model_or_of_a_preset() -> None:
    with pytest.raises(ValidationError, match="of a model or of a preset"):
        OurRow(method="both", model="a", preset="b")
    with pytest.raises(ValidationError, match="of a model or of a preset"):
        OurRow(method="none")
