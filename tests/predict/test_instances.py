import csv

import nibabel as nib
import numpy as np
import torch

from scans import ball_clip
from segmem.core import Labels
from segmem.io.volume import write_volume
from segmem.predict.instances import instances_of, write_instances


def two_lesions() -> Labels:
    """On an oblique grid of 1 x 1 x 2 mm: two pieces of class 2 and one of class 1."""
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 2.0]])
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turn, (10, -20, 30)
    clip = ball_clip(affine=affine)
    frames = torch.zeros_like(clip.frames[:, 0], dtype=torch.uint8)
    frames[1:3, 2:4, 2:4] = 2
    frames[6, 5:9, 5:9] = 2
    frames[10, 20, 20] = 1
    return Labels("s", frames, clip.geometry)


def test_each_piece_has_a_number_its_class_and_the_place_a_viewer_shows(tmp_path):
    found = instances_of(two_lesions(), {1: "node", 2: "lesion"})
    assert [(one.number, one.value, one.name, one.voxels) for one in found.each] == [
        (1, 1, "node", 1),
        (2, 2, "lesion", 16),
        (3, 2, "lesion", 8),
    ]
    assert [round(one.volume_ml, 6) for one in found.each] == [0.002, 0.032, 0.016]
    write_volume(found.labels, tmp_path / "i.nii.gz")
    seen = nib.load(tmp_path / "i.nii.gz")
    for one in found.each:
        where = np.argwhere(np.asarray(seen.dataobj) == one.number)
        assert np.allclose(nib.affines.apply_affine(seen.affine, where).mean(axis=0), one.centre_mm)


def test_the_table_has_a_line_a_piece(tmp_path):
    write_instances(tmp_path / "t.csv", instances_of(two_lesions(), {2: "lesion"}))
    lines = list(csv.DictReader((tmp_path / "t.csv").read_text().splitlines()))
    assert [line["name"] for line in lines] == ["object 1", "lesion", "lesion"]
    assert lines[1]["volume_ml"] == "0.0320"


def test_a_scan_in_which_nothing_is_found_has_no_pieces():
    empty = two_lesions()
    empty.frames.zero_()
    found = instances_of(empty, {})
    assert found.each == ()
    assert not found.labels.frames.any()
