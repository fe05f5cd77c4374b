import pytest
from pydantic import ValidationError

from segmem.train.settings import StageSettings, TrainSettings


def test_settings_are_frozen_and_know_their_fields():
    stage = StageSettings(name="base", steps=3)
    with pytest.raises(ValidationError, match="frozen"):
        stage.steps = 4
    with pytest.raises(ValidationError, match="Extra inputs"):
        StageSettings(name="base", steps=3, stepz=4)


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"steps": 1, "corruption": 2.0}, {"steps": 1, "train": "head"}]
)
def test_impossible_stages_are_refused(wrong):
    with pytest.raises(ValidationError):
        StageSettings(name="base", **wrong)


def test_every_field_has_its_help():
    for kind in (TrainSettings, StageSettings):
        assert [
            name for name, field in kind.model_fields.items() if not field.description and name != "name"
        ] == []
