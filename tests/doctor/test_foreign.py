from pathlib import Path

import pytest

from segmem.doctor.foreign import program_of


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("t1.mgz", "FreeSurfer"),
        ("a.mnc", "MINC"),
        ("b+orig.HEAD", "AFNI"),
        ("b+orig.BRIK.gz", "AFNI"),
        ("s.PAR", "Philips"),
        ("x.pkl", "was not opened"),
        ("x.gz", "unpack it"),
    ],
)
def test_formats_of_other_programs_are_named(name, told):
    assert told in program_of(Path(name))


def test_another_suffix_is_told():
    assert "'.xyz'" in program_of(Path("a.xyz"))
    assert "(none)" in program_of(Path("a"))
