from pathlib import Path

import nrrd
import numpy as np
import pytest
import torch

from segmem.core import Labels
from segmem.core.errors import FormatError, GeometryError
from segmem.io.volume import read_volume, write_volume

HEADER = {
    "space": "left-posterior-superior",
    "space directions": [[0.1, 0, 0.70000000001], [0, -1 / 3, 0], [2.5, 0, 0]],
    "space origin": [-10.1, 1e-7, 33.3],
    "kinds": ["domain"] * 3,
}


def noise(dtype: str = "int16") -> np.ndarray:
    return np.random.default_rng(0).integers(0, 200, (4, 5, 6)).astype(dtype)


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", ">i2", "float32", "float64"])
def test_a_scan_comes_back_on_its_own_grid(tmp_path: Path, encoding: str, dtype: str) -> None:
    nrrd.write(str(tmp_path / "a.nrrd"), noise(dtype), {**HEADER, "encoding": encoding})
    clip = read_volume(tmp_path / "a.nrrd")
    write_volume(Labels("a", clip.frames[:, 0].byte(), clip.geometry), tmp_path / "b.nrrd")
    data, header = nrrd.read(str(tmp_path / "b.nrrd"))
    assert np.array_equal(data, noise())
    assert (data.dtype, header["space"]) == (np.uint8, HEADER["space"])
    assert np.array_equal(header["space directions"], HEADER["space directions"])
    assert np.array_equal(header["space origin"], HEADER["space origin"])


def test_left_posterior_is_turned_to_right_anterior(tmp_path: Path) -> None:
    header = {**HEADER, "space directions": np.diag([1.0, 2, 9]), "space origin": [1, 2, 3]}
    nrrd.write(str(tmp_path / "a.nrrd"), noise(), header)
    clip = read_volume(tmp_path / "a.nrrd")
    assert np.array_equal(clip.geometry.affine, [[-1, 0, 0, -1], [0, -2, 0, -2], [0, 0, 9, 3], [0, 0, 0, 1]])
    expected = torch.from_numpy(noise()[::-1, ::-1].transpose(2, 1, 0).astype(np.float32))
    assert torch.equal(clip.frames[:, 0], expected)


def test_no_text_of_the_header_is_kept(tmp_path: Path) -> None:
    nrrd.write(str(tmp_path / "a.nrrd"), noise(), {**HEADER, "content": "DOE", "patient": "DOE"})
    clip = read_volume(tmp_path / "a.nrrd")
    write_volume(Labels("a", clip.frames[:, 0].byte(), clip.geometry), tmp_path / "b.nrrd")
    assert "DOE" not in str(clip.geometry)
    assert b"DOE" not in (tmp_path / "b.nrrd").read_bytes()


def saved(path: Path, text: str, body: bytes = b"") -> Path:
    path.write_bytes(b"NRRD0004\n" + text.encode() + b"\n\n" + body)
    return path


PLACE = "space: RAS\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"type: uint8\ndimension: 3\nsizes: 9 9 9\nencoding: raw\n{PLACE}", "ends after 4 of 729 bytes"),
        (f"type: uint8\ndimension: 3\nsizes: 99999 99999 99999\nencoding: raw\n{PLACE}", "above the limit"),
        (f"type: uint8\ndimension: 3\nsizes: 2 2 1\nencoding: hex\n{PLACE}", "'hex'"),
        (
            f"type: uint8\ndimension: 3\nsizes: 2 2 1\nencoding: raw\ndata file: /etc/passwd\n{PLACE}",
            "another file",
        ),
        ("type: uint8\ndimension: 2\nsizes: 2 2\nencoding: raw", "three axes was expected"),
        (
            f"type: uint8\ndimension: 3\nsizes: 2 2 1\nencoding: gzip\n{PLACE}",
            "cannot be read as a NRRD scan",
        ),
        ("rubbish", "NRRD"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        read_volume(saved(tmp_path / "a.nrrd", text, b"\x00\x01\x02\x03"))


def test_vectors_and_colours_are_refused(tmp_path: Path) -> None:
    header = {"kinds": ["RGB-color", "domain", "domain"]}
    nrrd.write(str(tmp_path / "a.nrrd"), noise("uint8"), header)
    with pytest.raises(FormatError, match="RGB-color"):
        read_volume(tmp_path / "a.nrrd")


def test_a_scan_that_says_nothing_of_its_place_is_refused(tmp_path: Path) -> None:
    nrrd.write(str(tmp_path / "a.nrrd"), noise())
    with pytest.raises(GeometryError, match="does not say where its voxels lie"):
        read_volume(tmp_path / "a.nrrd")
