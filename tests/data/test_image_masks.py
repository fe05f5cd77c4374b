import pytest

from labelled import square, write_images, write_mask
from segmem.core.errors import GeometryError, InputError
from segmem.data.image_masks import cases


def test_an_image_is_a_case_of_one_labelled_frame(tmp_path):
    (case,) = cases(write_images(tmp_path, ["OP1_01"], value=2), r"(OP\d+)")
    ((frame, label),) = case.read()
    assert (case.group, frame.shape, int(label.max())) == ("OP1", (3, 48, 64), 2)


def test_images_without_a_mask_are_left_out(tmp_path):
    write_images(tmp_path, ["a", "b"])
    (tmp_path / "masks" / "b.png").unlink()
    assert [case.name for case in cases(tmp_path, None)] == ["a"]


def test_a_mask_without_an_image_is_named(tmp_path):
    write_images(tmp_path, ["a"])
    write_mask(tmp_path / "masks" / "z.png", square())
    with pytest.raises(InputError, match=r"z\.png: no image of this name"):
        cases(tmp_path, None)


def test_a_mask_of_another_size_is_refused(tmp_path):
    (case,) = cases(write_images(tmp_path, ["a"], size=(64, 48)), None)
    with pytest.raises(GeometryError, match=r"\(48, 64\).*\(64, 48\)"):
        list(case.read())
