import numpy as np
import pytest

from segmem.data.growing import GrowingArray, read_mapped


def test_frames_appended_one_by_one_read_back_as_one_array(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (1234, 3, 4), dtype=np.uint8)
    with GrowingArray(tmp_path / "a.npy") as array:
        for frame in frames:
            array.append(frame)
    read = read_mapped(tmp_path / "a.npy")
    assert isinstance(read, np.memmap)
    assert np.array_equal(read, frames)


def test_scalars_make_a_flat_array(tmp_path):
    with GrowingArray(tmp_path / "a.npy", np.bool_) as array:
        for value in (True, False, True):
            array.append(np.array(value))
    assert read_mapped(tmp_path / "a.npy").tolist() == [True, False, True]


def test_a_frame_of_another_shape_is_refused_and_leaves_no_file(tmp_path):
    with (
        pytest.raises(ValueError, match=r"frame 1 has shape \(3, 4\), not \(2, 4\)"),
        GrowingArray(tmp_path / "a.npy") as array,
    ):
        array.append(np.zeros((2, 4)))
        array.append(np.zeros((3, 4)))
    assert list(tmp_path.iterdir()) == []


def test_nothing_appended_leaves_no_file(tmp_path):
    with GrowingArray(tmp_path / "a.npy"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_array_of_pickles_is_never_read(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object))
    with pytest.raises(ValueError, match=r"[Pp]ickle|Python objects"):
        read_mapped(tmp_path / "a.npy")
