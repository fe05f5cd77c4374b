import pytest
import torch

from labelled import write_mask, write_video_case
from segmem.core.errors import FormatError, GeometryError
from segmem.data.video_masks import cases, recognises


def test_frames_without_a_mask_come_without_a_label(tmp_path):
    (case,) = cases(write_video_case(tmp_path / "one", frames=6, labelled=[1, 4]), None)
    frames = list(case.read())
    assert [label is not None for _, label in frames] == [False, True, False, False, True, False]
    assert frames[0][0].shape == (3, 48, 64)
    assert torch.unique(frames[4][1]).tolist() == [0, 1]


def test_the_root_may_be_the_case_or_hold_several(tmp_path):
    for name in ("one", "two"):
        write_video_case(tmp_path / name)
    assert [case.group for case in cases(tmp_path, None)] == ["one", "two"]
    assert [case.name for case in cases(tmp_path / "one", None)] == ["one"]


def test_a_folder_without_video_is_another_layout(tmp_path):
    (tmp_path / "masks").mkdir()
    assert not recognises(tmp_path)


def test_a_mask_beyond_the_end_of_the_video_is_refused(tmp_path):
    (case,) = cases(write_video_case(tmp_path / "one", frames=3, labelled=[1, 7]), None)
    with pytest.raises(GeometryError, match=r"00007\.png: labels frame 7.* has 3 readable frames"):
        list(case.read())


def test_a_mask_of_another_size_is_refused_with_its_frame(tmp_path):
    folder = write_video_case(tmp_path / "one", labelled=[0])
    write_mask(folder / "masks" / "00002.png", torch.zeros(20, 30).numpy())
    (case,) = cases(folder, None)
    with pytest.raises(GeometryError, match=r"one frame 2.*\(48, 64\).*\(20, 30\)"):
        list(case.read())


def test_a_mask_that_is_no_frame_number_is_refused(tmp_path):
    folder = write_video_case(tmp_path / "one")
    write_mask(folder / "masks" / "first.png", torch.zeros(48, 64).numpy())
    with pytest.raises(FormatError, match=r"first\.png: a mask is named by its frame's number"):
        cases(folder, None)
