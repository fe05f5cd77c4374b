import pytest
import torch

from datasets import write_davis, write_nnunet
from labelled import write_images, write_video_case
from segmem.convert_data.label_map import label_map
from segmem.convert_data.to_segmem import check, finish, write
from segmem.core.errors import InputError, UsageError
from segmem.data.class_names import read_class_names
from segmem.data.layouts import find_labelled

SAME = label_map({}, (), (), consecutive=False)


def test_pictures_of_a_sequence_become_a_video_without_loss(tmp_path):
    case = find_labelled(write_davis(tmp_path / "d", ["bear"], labelled=[0, 2]))[0]
    assert write(case, tmp_path / "o", [0], SAME) == ("bear",)
    (again,) = find_labelled(tmp_path / "o", "video_masks")
    for (frame, label), (other, wanted) in zip(again.read(), case.read(), strict=True):
        assert torch.equal(frame, other)
        assert (label is None) == (wanted is None)
        assert label is None or torch.equal(label, wanted)


def test_a_video_file_is_copied(tmp_path):
    write_video_case(tmp_path / "d" / "one", 4, [1])
    (case,) = find_labelled(tmp_path / "d")
    write(case, tmp_path / "o", [0], SAME)
    assert (tmp_path / "o" / "one" / "video.mkv").read_bytes() == (
        tmp_path / "d" / "one" / "video.mkv"
    ).read_bytes()
    assert [path.name for path in (tmp_path / "o" / "one" / "masks").iterdir()] == ["00001.png"]


def test_names_are_kept_beside(tmp_path):
    (tmp_path / "o").mkdir()
    finish(tmp_path / "o", SAME)
    assert read_class_names(tmp_path / "o") == {}
    finish(tmp_path / "o", label_map({}, (), ("255=polyp",), consecutive=False))
    assert read_class_names(tmp_path / "o") == {0: "background", 1: "polyp"}


def test_a_label_that_no_map_covers_is_refused(tmp_path):
    (case,) = find_labelled(write_images(tmp_path / "d", ["a"], value=255))
    with pytest.raises(InputError, match=r"a: no map covers label 255 \(768 pixels in 1 frames\)"):
        write(case, tmp_path / "o", [0], label_map({}, ("background", "polyp"), (), consecutive=False))


def test_one_folder_holds_one_kind_and_one_channel(tmp_path):
    stills = find_labelled(write_images(tmp_path / "d", ["a"]))
    scans = find_labelled(write_nnunet(tmp_path / "n", channels=("A", "B")))
    with pytest.raises(UsageError, match="one folder of ours holds one kind"):
        check([*stills, *scans], [0])
    with pytest.raises(UsageError, match=r"these have 2 \(A, B\)\. Name one with --channel A"):
        check(scans, [0, 1])
