import pytest

from labelled import write_scans
from segmem.core.errors import GeometryError, InputError
from segmem.data.volume_labels import cases


def test_a_scan_is_a_clip_of_labelled_slices(tmp_path):
    (case,) = cases(write_scans(tmp_path, ["hippocampus_001"]), None)
    slices = list(case.read())
    assert len(slices) == 5
    assert slices[0][0].shape == (1, *slices[0][1].shape)
    assert [int(label.max()) for _, label in slices] == [0, 2, 2, 2, 0]


@pytest.mark.parametrize("shape", [(20, 24, 6), (24, 20, 5)])
def test_a_label_map_on_another_grid_is_refused(tmp_path, shape):
    (case,) = cases(write_scans(tmp_path, ["s"], label_shape=shape), None)
    with pytest.raises(GeometryError, match="grid"):
        list(case.read())


def test_a_label_map_without_a_scan_is_named(tmp_path):
    write_scans(tmp_path, ["s"])
    (tmp_path / "images" / "s.nii.gz").unlink()
    with pytest.raises(InputError, match=r"s\.nii\.gz: no scan of this name"):
        cases(tmp_path, None)


def test_a_real_scan_and_its_labels_agree(data_root):
    case = next(iter(cases(data_root / "mr_hippocampus", None)))
    labels = [int(label.max()) for _, label in case.read()]
    assert max(labels) == 2
