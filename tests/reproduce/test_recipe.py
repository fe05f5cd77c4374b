"""How rows of our own are made, as data."""

import pytest
from pydantic import ValidationError

from segmem.reproduce.published import names, published
from segmem.reproduce.recipe import OurRow, recipe, scales
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
                load_settings(row.preset)


def test_none_where_there_is_none() -> None:
    assert recipe("samed2-internal", "full") is None
    assert scales("samed2-internal") == ()


def test_a_row_is_of_a_model_or_of_a_preset() -> None:
    with pytest.raises(ValidationError, match="of a model or of a preset"):
        OurRow(method="both", model="a", preset="b")
    with pytest.raises(ValidationError, match="of a model or of a preset"):
        OurRow(method="none")
