import pytest
from pydantic import ValidationError

from segmem.memory import Fifo, Support
from segmem.methods.litemedsam import LiteMedSamSettings
from segmem.methods.sam2 import NANO
from segmem.methods.spec import ModelSpec
from segmem.ops.volume_settings import VolumeSettings


def test_a_spec_survives_json():
    spec = ModelSpec(name="x", classes=("background", "a"))
    assert ModelSpec.model_validate_json(spec.model_dump_json()) == spec


def test_every_setting_carries_its_help():
    assert all(field.description for field in ModelSpec.model_fields.values())


def test_a_model_needs_a_class_beside_background():
    with pytest.raises(ValidationError):
        ModelSpec(classes=("background",))


@pytest.mark.parametrize(
    ("spec", "policy"),
    [
        (ModelSpec(), Fifo(capacity=6, stride=3)),
        (ModelSpec(method="sam2"), Support()),
        (ModelSpec(method="litemedsam"), Support()),
        (ModelSpec(method="sam2", sam2=NANO), NANO.policy),
        (
            ModelSpec(method="litemedsam", litemedsam=LiteMedSamSettings(policy=Support(pinned=2))),
            Support(pinned=2),
        ),
        (ModelSpec(method="tmam", sam2=NANO), Fifo(capacity=6, stride=3)),
    ],
)
def test_the_policy_is_that_of_the_method(spec, policy):
    assert spec.policy == policy


def test_a_prompted_spec_survives_json():
    spec = ModelSpec(method="sam2", sam2=NANO, input="any")
    assert ModelSpec.model_validate_json(spec.model_dump_json()) == spec


def test_prompts_lie_on_a_scan_s_own_grid():
    with pytest.raises(ValidationError, match="own grid"):
        ModelSpec(method="sam2", volume=VolumeSettings(slice_mm=1))
