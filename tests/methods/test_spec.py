import pytest
from pydantic import ValidationError

from segmem.methods.spec import ModelSpec


def test_a_spec_survives_json():
    spec = ModelSpec(name="x", classes=("background", "a"))
    assert ModelSpec.model_validate_json(spec.model_dump_json()) == spec


def test_every_setting_carries_its_help():
    assert all(field.description for field in ModelSpec.model_fields.values())


def test_a_model_needs_a_class_beside_background():
    with pytest.raises(ValidationError):
        ModelSpec(classes=("background",))
