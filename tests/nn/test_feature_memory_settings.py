import pytest
from pydantic import ValidationError

from segmem.nn.feature_memory_settings import FeatureMemorySettings


def test_evidence_is_asked_for_by_naming_it():
    assert FeatureMemorySettings().evidence is None
    asked = FeatureMemorySettings.model_validate({"evidence": {}}).evidence
    assert asked is not None
    assert asked.parts == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"floor": 1.5},
        {"pool": 0},
        {"evidence": {"reach": 0}},
        {"channels": "cut"},
        {"evidence": {}, "gate": False},
    ],
)
def test_what_cannot_be_meant_is_refused(wrong):
    with pytest.raises(ValidationError):
        FeatureMemorySettings.model_validate(wrong)
