import numpy as np
import pytest
import torch
from PIL import Image

from datasets import write_grey_video
from footage import pictures
from labelled import SIZE, square, write_images, write_mask, write_video_case
from segmem.core.errors import GeometryError, InputError
from segmem.data.endovis15 import MANIPULATOR, SHAFT, cases, classes, read_grey, recognises
from segmem.data.layouts import find_labelled, recognise


def tool(left):
    """A shaft with its manipulator, 24 rows high."""
    grey = np.zeros(SIZE, np.uint8)
    grey[8:24, left : left + 12] = SHAFT
    grey[24:40, left : left + 12] = MANIPULATOR
    return grey


def write_robotic(folder, sides=(("Segmentation.avi", 4),), frames=4):
    write_grey_video(folder / "Video.avi", [picture[..., 0] for picture in pictures(frames, SIZE)])
    for place, (name, count) in enumerate(sides):
        write_grey_video(folder / name, [tool(6 + 28 * place)] * count)
    return folder


def test_a_dataset_is_a_case_whose_masks_are_a_video(tmp_path):
    write_robotic(tmp_path / "Training" / "Dataset2")
    (case,) = find_labelled(tmp_path)
    assert recognise(tmp_path).layout == "endovis15"
    assert (case.name, case.group, case.kind) == ("Dataset2", "Dataset2", "video")
    labels = [label for _, label in case.read()]
    assert len(labels) == 4
    assert (int(labels[0][12, 12]), int(labels[0][32, 12]), int(labels[0][2, 2])) == (1, 2, 0)


def test_two_tools_have_classes_of_their_own(tmp_path):
    sides = (("Left_Instrument_Segmentation.avi", 4), ("Right_Instrument_Segmentation.avi", 4))
    (case,) = cases(write_robotic(tmp_path / "Dataset1", sides), None)
    _, label = next(case.read())
    assert classes(tmp_path)[4] == "manipulator of the right tool"
    assert [int(label[row, column]) for column in (12, 40) for row in (16, 32)] == [1, 2, 3, 4]


def test_frames_beyond_the_masks_have_no_label_and_masks_beyond_the_frames_are_refused(tmp_path):
    (case,) = cases(write_robotic(tmp_path / "Dataset3", (("Segmentation.avi", 2),)), None)
    assert [label is not None for _, label in case.read()] == [True, True, False, False]
    (case,) = cases(write_robotic(tmp_path / "Dataset4", (("Segmentation.avi", 6),)), None)[-1:]
    with pytest.raises(GeometryError, match=r"labels frame 4, but Video\.avi has 4 readable frames"):
        list(case.read())


def test_a_blurred_grey_is_the_nearest_class():
    greys = torch.tensor([[0, 35, 36, 70, 115, 116, 160, 255]], dtype=torch.uint8)
    assert read_grey(greys).tolist() == [[0, 0, 2, 2, 2, 1, 1, 1]]


def test_still_frames_belong_to_their_operation(tmp_path):
    for operation in ("OP1", "OP2"):
        for folder in ("Raw", "Masks"):
            (tmp_path / "Training" / operation / folder).mkdir(parents=True)
        for number in (1, 2):
            home = tmp_path / "Training" / operation
            Image.fromarray(pictures(1, SIZE)[0]).save(home / "Raw" / f"img_{number:02d}_raw.png")
            write_mask(home / "Masks" / f"img_{number:02d}_class.png", tool(10))
            write_mask(home / "Masks" / f"img_{number:02d}_instrument.png", square(20))
    found = find_labelled(tmp_path)
    assert [(case.name, case.group) for case in found[:3]] == [
        ("OP1_img_01", "OP1"),
        ("OP1_img_02", "OP1"),
        ("OP2_img_01", "OP2"),
    ]
    ((_, label),) = found[0].read()
    assert torch.unique(label).tolist() == [0, 1, 2]
    assert classes(tmp_path) == {0: "background", 1: "shaft", 2: "manipulator"}
    (tmp_path / "Training" / "OP1" / "Raw" / "img_02_raw.png").unlink()
    with pytest.raises(InputError, match=r"no img_02_raw\.png"):
        cases(tmp_path, None)


def test_our_own_layouts_are_read_where_the_name_says_endovis(tmp_path):
    write_video_case(tmp_path / "my_endovis15" / "dataset1")
    write_images(tmp_path / "lap_endovis15", ["OP1_01", "OP2_01"])
    assert [case.name for case in cases(tmp_path / "my_endovis15", None)] == ["dataset1"]
    assert [case.group for case in cases(tmp_path / "lap_endovis15", None)] == ["OP1", "OP2"]


def test_a_video_without_its_masks_is_a_near_miss(tmp_path):
    write_robotic(tmp_path / "Dataset2", ())
    assert recognises(tmp_path).lacks == "has Dataset2/Video.avi, but no Segmentation.avi beside it"


def test_the_real_folders_are_read(data_root):
    robotic, rigid = (
        find_labelled(data_root / n) for n in ("video_endovis15_robotic", "lap_endovis15_rigid")
    )
    assert recognise(data_root / "video_endovis15_robotic").layout == "endovis15"
    assert {case.group for case in rigid} == {"OP1", "OP2"}
    assert torch.unique(next(robotic[1].read())[1]).tolist() in ([0, 1], [0, 1, 2])
