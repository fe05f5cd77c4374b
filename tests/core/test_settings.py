import pytest
from pydantic import ValidationError

from segmem.core import Settings


class Bank(Settings):
    capacity: int = 10
    """How many frames."""


def test_settings_are_frozen():
    with pytest.raises(ValidationError):
        Bank().capacity = 3


def test_an_unknown_key_is_refused():
    with pytest.raises(ValidationError):
        Bank.model_validate({"capactiy": 3})


def test_a_docstring_under_a_field_is_its_help():
    assert Bank.model_fields["capacity"].description == "How many frames."
