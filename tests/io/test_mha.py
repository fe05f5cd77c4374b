import sys
from pathlib import Path

import numpy as np
import pytest

from segmem.core import Labels
from segmem.core.errors import FormatError, MissingExtraError
from segmem.io.volume import read_volume, write_volume


def test_a_missing_package_is_named_with_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    (tmp_path / "a.mha").write_bytes(b"ObjectType = Image")
    with pytest.raises(MissingExtraError, match=r"pip install segmem\[itk\]"):
        read_volume(tmp_path / "a.mha")


def test_a_scan_comes_back_on_its_own_grid(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK", reason="MHA needs the extra [itk]")
    array = np.random.default_rng(0).integers(0, 200, (4, 5, 6), dtype=np.int16)  # z y x
    image = sitk.GetImageFromArray(array)
    image.SetOrigin((1.5, -2.25, 3.1))
    image.SetSpacing((0.7, 1 / 3, 2.5))
    image.SetDirection((0, 0, -1, 1, 0, 0, 0, -1, 0))
    sitk.WriteImage(image, str(tmp_path / "a.mha"))
    clip = read_volume(tmp_path / "a.mha")
    write_volume(Labels("a", clip.frames[:, 0].byte(), clip.geometry), tmp_path / "b.mha")
    first, back = sitk.ReadImage(str(tmp_path / "a.mha")), sitk.ReadImage(str(tmp_path / "b.mha"))
    assert np.array_equal(sitk.GetArrayFromImage(back), array)
    for get in ("GetOrigin", "GetSpacing", "GetDirection"):
        assert getattr(back, get)() == getattr(first, get)()
    index = (3, 1, 2)
    world = np.array(first.TransformIndexToPhysicalPoint(index)) * (-1, -1, 1)
    assert np.allclose((np.array(clip.geometry.affine) @ (*index, 1))[:3], world)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"ObjectType = Image\nNDims = 3\nElementDataFile = /etc/passwd\n", "another file"),
        (bytes(100), "MetaImage"),
        (
            b"ObjectType = Image\nNDims = 3\nDimSize = 9 9 9\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n\x00",
            "a.mha",
        ),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, content: bytes, words: str) -> None:
    pytest.importorskip("SimpleITK", reason="MHA needs the extra [itk]")
    (tmp_path / "a.mha").write_bytes(content)
    with pytest.raises(FormatError, match=words):
        read_volume(tmp_path / "a.mha")


def test_colours_and_sizes_are_checked_in_the_header(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK", reason="MHA needs the extra [itk]")
    sitk.WriteImage(sitk.Image((3, 3, 3), sitk.sitkVectorUInt8, 3), str(tmp_path / "rgb.mha"))
    sitk.WriteImage(sitk.Image((9, 9, 9), sitk.sitkUInt8), str(tmp_path / "a.mha"))
    with pytest.raises(FormatError, match="3 values a voxel"):
        read_volume(tmp_path / "rgb.mha")
    with pytest.raises(FormatError, match="above the limit"):
        read_volume(tmp_path / "a.mha", max_bytes=100)
