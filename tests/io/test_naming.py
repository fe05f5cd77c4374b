from pathlib import Path

import pytest

from segmem.core.errors import InputError
from segmem.io.naming import named

ROOT = Path("in").absolute()


def names(*paths):
    return [name for _, name in named(ROOT, [ROOT / path for path in paths])]


def test_a_case_is_named_as_its_file():
    assert names("a.png", "b.v2.nii.gz") == ["a", "b.v2"]


def test_one_name_in_several_folders_gets_the_folder_before_it():
    assert names("x/a.png", "y/a.png", "y/b.png") == ["x_a", "y_a", "y_b"]


def test_a_name_that_every_file_bears_is_left_out():
    assert names("d1/video.avi", "d2/video.avi") == ["d1", "d2"]


def test_two_files_of_one_name_are_refused():
    with pytest.raises(InputError, match="would both be case 'A'"):
        names("a.png", "A.jpg")
