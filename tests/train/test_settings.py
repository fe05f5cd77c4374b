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


def test_the_size_of_the_cache_is_written_as_people_write_it():
    stages = [{"name": "base", "steps": 1}]
    assert TrainSettings(stages=stages, cache_size="20GB").cache_size == 20_000_000_000
    assert TrainSettings(stages=stages, cache_size=5000).cache_size == 5000
    with pytest.raises(ValidationError, match="cache_size"):
        TrainSettings(stages=stages, cache_size="much")


def test_class_evidence_is_not_learnt_behind_a_gate_that_nothing_teaches():
    stages = [{"name": "clips", "steps": 1, "length": 2, "memory": True}]
    model = {"method": "tmam", "tmam": {"evidence": {}}}
    with pytest.raises(ValidationError, match=r"no stage teaches it.*train: gate"):
        TrainSettings(model=model, stages=stages)
    TrainSettings(model=model, stages=stages, begin_from="taught")
    TrainSettings(model=model, stages=[{"name": "gate", "steps": 1, "train": "gate"}, *stages])
    TrainSettings(model=model, stages=[stages[0] | {"gate_learning_rate": 0.005}])
    TrainSettings(model=model | {"tmam": {}}, stages=stages)
