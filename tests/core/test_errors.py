import pytest

from segmem.core import errors


def test_every_error_has_an_exit_code_of_the_design():
    kinds = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.SegmemError)]
    assert {e.exit_code for e in kinds} == {1, 2, 3, 4, 5}


def test_the_tree_in_the_docstring_names_every_error():
    kinds = [name for name, e in vars(errors).items() if isinstance(e, type)]
    assert [name for name in kinds if name not in (errors.__doc__ or "")] == []


@pytest.mark.parametrize(
    ("word", "hint"),
    [("tmam-endovis", " Did you mean 'tmam-endovis15'?"), ("zzz", " Known: hippocampus, tmam-endovis15.")],
)
def test_a_wrong_word_is_answered_with_the_nearest_or_all(word, hint):
    assert errors.nearest(word, ["tmam-endovis15", "hippocampus"]) == hint
