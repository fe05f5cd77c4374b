import io
import zipfile

import numpy as np
import pytest

from segmem.core.errors import FormatError, InputError
from segmem.io.npz import npz_headers, read_npz


def write(path, **arrays):
    np.savez_compressed(path, **arrays)
    return path


def test_headers_tell_shapes_and_types(tmp_path):
    headers = npz_headers(write(tmp_path / "a.npz", x=np.zeros((2, 3), np.uint8), y=np.ones(4, np.float64)))
    assert {name: (one.shape, str(one.dtype)) for name, one in headers.items()} == {
        "x": ((2, 3), "uint8"),
        "y": ((4,), "float64"),
    }


def test_an_array_comes_back(tmp_path):
    wanted = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    assert np.array_equal(read_npz(write(tmp_path / "a.npz", x=wanted), "x"), wanted)


def test_an_array_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FormatError, match=r"holds no array 'y'\. It holds x"):
        read_npz(write(tmp_path / "a.npz", x=np.zeros(2)), "y")


def test_a_header_beyond_the_limit_is_refused_before_it_is_unpacked(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (32767, 32767, 32767)}
    )
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w") as archive:
        archive.writestr("x.npy", header.getvalue())
    with pytest.raises(FormatError, match=r"\(32767, 32767, 32767\), which is 32765.0 GiB, above the limit"):
        read_npz(tmp_path / "bomb.npz", "x")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and nothing", b"just text"])
def test_damaged_files_are_told(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.npz"):
        npz_headers(tmp_path / "a.npz")


def test_a_file_cut_short_is_told(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.arange(10_000))
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(tmp_path / "b.npz", "w") as cut:
        cut.writestr("x.npy", whole.read("x.npy")[:5000])
    with pytest.raises(FormatError, match=r"cannot be read as an \.npz file"):
        read_npz(tmp_path / "b.npz", "x")


def test_objects_are_refused(tmp_path):
    with pytest.raises(FormatError, match="Python objects or text"):
        npz_headers(write(tmp_path / "a.npz", x=np.array([{}], dtype=object)))
