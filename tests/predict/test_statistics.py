import csv

import numpy as np
import pytest
import torch

from scans import ball_clip
from segmem.core import Labels
from segmem.predict.statistics import statistics, write_statistics

NAMES = {1: "liver", 2: "spleen"}


def made(affine: np.ndarray | None = None):
    clip = ball_clip(shape=(6, 5, 8), steps=(1.0, 1.0, 2.0), affine=affine)
    labels = torch.zeros(clip.length, *clip.geometry.size, dtype=torch.uint8)
    labels[2:5, 1:3, 1:3] = 1
    return clip, Labels("s", labels, clip.geometry)


def test_a_class_s_volume_values_and_slices_are_told():
    clip, labels = made()
    clip.frames[2:5, 0, 1:3, 1:3] = torch.tensor([1.0, 3.0])
    liver, spleen = statistics(clip, labels, NAMES)
    assert (liver.voxels, liver.mean, liver.sd) == (12, 2.0, 1.0)
    assert liver.volume_ml == pytest.approx(12 * 2 / 1000)
    assert (liver.slices, liver.first, liver.last) == (3, 2, 4)
    assert (spleen.voxels, spleen.volume_ml, spleen.mean, spleen.first) == (0, 0.0, None, None)


def test_slices_are_numbered_as_the_file_does():
    clip, labels = made(np.diag([1.0, 1.0, -2.0, 1.0]))
    assert clip.geometry.flipped[0]
    assert (statistics(clip, labels, NAMES)[0].first, statistics(clip, labels, NAMES)[0].last) == (3, 5)


def test_values_that_are_no_numbers_are_left_out():
    clip, labels = made()
    clip.frames[2:5, 0, 1:3, 1:3] = 5.0
    clip.frames[2, 0, 1, 1] = float("nan")
    assert statistics(clip, labels, NAMES)[0].mean == 5.0


def test_the_table_has_a_line_for_every_class(tmp_path):
    clip, labels = made()
    write_statistics(tmp_path / "s.csv", statistics(clip, labels, NAMES), clip.geometry)
    with (tmp_path / "s.csv").open(newline="") as file:
        liver, spleen = csv.DictReader(file)
    assert (liver["name"], liver["volume_ml"], liver["slice_axis"]) == ("liver", "0.0240", "axial")
    assert (spleen["voxels"], spleen["mean"], spleen["first_slice"]) == ("0", "", "")
