"""How sure the model said it was."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from labelled import write_mask
from segmem.core.errors import GeometryError, InputError
from segmem.data.layouts import find_labelled
from segmem.evaluate.confidence import Sureness, maps_of, pooled, told_by_frame
from segmem.evaluate.opened import geometry_of
from segmem.evaluate.pairs import Pair, pair
from segmem.evaluate.scores import CaseScores, Plan, scores

PLAN = Plan(("background", "one", "two"), flow=None, surfaces=False)


def first(data: Path, found: Path) -> Pair:
    return pair(find_labelled(data), found).pairs[0]


def measured(data: Path, found: Path) -> CaseScores:
    return scores(first(data, found), PLAN)


def test_a_videos_table(video: tuple[Path, Path]) -> None:
    table = video[1] / "op1" / "frames.csv"
    table.write_text(
        "frame,class,score\n" + "".join(f"{t},1,{0.9 - 0.1 * t:.1f}\n{t},2,0.5\n" for t in range(2))
    )
    assert told_by_frame(first(*video)) == {0: 0.5, 1: 0.5}
    table.write_text("frame,score\n0,0.1\n1,0.1\n2,0.1\n3,0.9\n")
    found = measured(*video)
    assert list(found.lost.values()) == [False, False, True, False]
    values = {
        (row.metric, row.frame): row.value
        for row in found.rows
        if row.metric in {"confidence", "lost", "lost_frames"}
    }
    assert values["confidence", 3] == 0.9
    assert (values["lost", 2], values["lost_frames", None]) == (1, 1)
    table.write_text("frame,other\n0,1\n")
    with pytest.raises(InputError, match=r"frames\.csv: no table of frames"):
        told_by_frame(first(*video))


def test_maps_of_a_video_count_pixels_where_something_is_or_is_claimed(video: tuple[Path, Path]) -> None:
    """Frame 1 is right with 204 of 255, frame 4 finds nothing of 768 pixels with 102."""
    maps = video[1] / "op1" / "confidence"
    maps.mkdir()
    for index in range(6):
        write_mask(maps / f"{index:05d}.png", np.full((48, 64), 204 if index < 4 else 102))
    found = measured(*video)
    assert found.pixels is not None
    assert found.pixels.count.sum() == 2 * 768
    assert found.pixels.right.sum() == 768
    assert found.pixels.ece == pytest.approx((abs(768 * (1 - 0.8)) + 768 * 0.4) / (2 * 768))
    assert found.confidence == pytest.approx({0: 0.8, 1: 0.8, 2: 0.8, 3: 0.8, 4: 0.4, 5: 0.4})


def test_maps_of_images_and_scans(images: tuple[Path, Path]) -> None:
    write_mask(images[1] / "one.confidence.png", np.full((48, 64), 255))
    found = measured(*images)
    assert found.confidence == {0: 1.0}
    assert found.pixels is not None
    assert found.pixels.ece == 0
    write_mask(images[1] / "one.confidence.png", np.full((9, 9), 255))
    with pytest.raises(GeometryError, match="confidence"):
        measured(*images)


def test_a_scan(scans: tuple[Path, Path]) -> None:
    shape, affine = (20, 24, 5), np.diag([1.0, 1.0, 3.0, 1.0])
    nib.save(nib.Nifti1Image(np.full(shape, 127, np.uint8), affine), scans[1] / "a.confidence.nii.gz")
    one = first(*scans)
    assert maps_of(one, geometry_of(one)) is not None
    assert set(measured(*scans).confidence) == set(range(5))


def test_nothing_told(
    images: tuple[Path, Path],
) -> None:
    found = measured(*images)
    assert (found.confidence, found.pixels, found.lost) == ({}, None, {})
    assert pooled([None, None]) is None


def test_a_table_goes_before_the_maps() -> None:
    seen = Sureness({0: 0.25}, None, "c")
    assert seen.by_frame == {0: 0.25}
    assert seen.pixels is None
