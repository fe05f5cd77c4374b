from pathlib import Path

from datasets import OBLIQUE, organs, save, voxels
from segmem.data.scans import scan_case, scan_stem


def test_a_scan_says_where_it_lies_without_its_labels(tmp_path):
    image = save(tmp_path / "a.nii.gz", voxels())
    label = save(tmp_path / "b.nii.gz", organs())
    case = scan_case("a", "p", (image,), label)
    assert abs(case.geometry().affine[0][3] - OBLIQUE[0, 3]) < 1e-6
    assert case.files == (image, label)
    assert case.inputs == (image,)


def test_names_lose_their_ending_and_hidden_files_are_none():
    assert scan_stem(Path("x/a.b.nii.gz")) == "a.b"
    assert scan_stem(Path("x/._a.nii.gz")) is None
    assert scan_stem(Path("x/a.txt")) is None
