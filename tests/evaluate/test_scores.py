"""The numbers of one case."""

from pathlib import Path

import pytest

from labelled import square, write_mask
from segmem.core.errors import InputError
from segmem.data.layouts import find_labelled
from segmem.evaluate.pairs import pair
from segmem.evaluate.scores import CaseScores, Plan, scores

PLAN = Plan(("background", "one", "two"), flow=None)


def of(data: Path, found: Path, plan: Plan = PLAN) -> dict[str, CaseScores]:
    return {one.case.name: scores(one, plan) for one in pair(find_labelled(data), found).pairs}


def value(case: CaseScores, metric: str, name: str, frame: int | None = None) -> float | None:
    found = [r.value for r in case.rows if (r.metric, r.class_, r.frame) == (metric, name, frame)]
    assert len(found) < 2
    return found[0] if found else None


def test_images(images: tuple[Path, Path]) -> None:
    """A square of 24 x 32 moved by 4 columns shares 28 of 32."""
    found = of(*images)
    assert value(found["one"], "dice", "one") == 1
    assert value(found["two"], "dice", "one") == 28 / 32
    assert value(found["two"], "hd95_px", "one") == 4
    assert value(found["one"], "dice", "two") is None


def test_a_video_counts_the_frames_in_which_a_class_is_or_is_claimed(video: tuple[Path, Path]) -> None:
    """Frame 1 shows class 2 and is right; frame 4 shows class 1 and nothing was found."""
    found = of(*video)["op1"]
    assert (found.frames, found.kind) == (2, "video")
    assert value(found, "dice", "two") == value(found, "dice", "two", 1) == 1
    assert value(found, "dice", "two", 4) is None
    assert value(found, "dice", "one") == value(found, "dice", "one", 4) == 0
    assert value(found, "missed_frames", "one") == 1
    assert value(found, "presence_sensitivity", "one") == 0


def test_a_scan_is_one_whole_and_its_slices(scans: tuple[Path, Path]) -> None:
    """56 voxels a slice: three slices there, four claimed in `b`. A slice is 3 mm away."""
    found = of(*scans)
    assert value(found["a"], "dice", "two") == 1
    assert value(found["b"], "dice", "two") == 2 * 3 / 7
    assert value(found["b"], "dice", "two", 4) == 0
    assert value(found["b"], "hd95_mm", "two") == 3
    assert value(found["b"], "volume_error_ml", "two") == pytest.approx(56 * 3 / 1000)
    assert value(found["b"], "presence_specificity", "two") == 1 / 2


def test_label_values_are_told_apart_by_the_map(images: tuple[Path, Path]) -> None:
    write_mask(images[0] / "masks" / "one.png", square(255))
    with pytest.raises(InputError, match="label 255, which is no class"):
        of(*images)
    found = of(*images, plan=Plan(PLAN.classes, {255: 1}, flow=None))
    assert value(found["one"], "dice", "one") == 1


def test_flow_adds_steadiness_and_says_where_it_cannot(video: tuple[Path, Path]) -> None:
    pytest.importorskip("cv2")
    plan = Plan(PLAN.classes, flow="fast", as_released=True)
    found = of(*video, plan=plan)["op1"]
    assert any(row.metric.startswith("TC (DIS fast") for row in found.rows)
    assert value(found, "released_tmam_dice", "") == pytest.approx((1 + 0.5) / 2)
    (video[1] / "op1" / "labels" / "00002.png").unlink()
    blind = of(*video, plan=plan)["op1"]
    assert not any(row.metric.startswith("TC") for row in blind.rows)
    assert "frame 2 has no prediction" in blind.notes[0]


def test_surfaces_can_be_left_out_and_have_a_tolerance_of_their_own(images: tuple[Path, Path]) -> None:
    plain = of(*images, plan=Plan(PLAN.classes, surfaces=False, flow=None))
    assert value(plain["two"], "hd95_px", "one") is None
    wide = of(*images, plan=Plan(PLAN.classes, tolerance={"one": 4.0}, flow=None))
    assert value(wide["two"], "nsd_4px", "one") == 1
    assert value(of(*images)["two"], "nsd_2px", "one") < 1
