import pytest

from segmem.core.errors import InputError, SettingsError
from segmem.data.grouping import group_of


def test_without_a_pattern_each_case_is_its_own_group():
    assert group_of("patient001_frame01", None) == "patient001_frame01"


def test_a_pattern_s_group_is_the_patient():
    assert group_of("patient001_frame01", r"(patient\d+)") == "patient001"


@pytest.mark.parametrize("pattern", [r"patient\d+", r"(p)(a)", "("])
def test_a_pattern_without_exactly_one_group_is_refused(pattern):
    with pytest.raises(SettingsError, match="group pattern"):
        group_of("patient001", pattern)


def test_a_name_that_the_pattern_misses_is_named():
    with pytest.raises(InputError, match=r"^other: "):
        group_of("other", r"(patient\d+)")
