"""Values over frames, as a section."""

import numpy as np
import pytest

from measured import result, scored
from segmem.evaluate.sections.over_time import MOST_CASES, MOST_POINTS, _spans, _thinned, over_time
from segmem.report.page import Drawings, Text

pytest.importorskip("matplotlib")


def test_dice_area_and_confidence_of_each_video() -> None:
    one = result("r", [scored("a", {}, by_frame=[0.5, 0.9, 0.1], confidence={0: 0.2, 1: 0.2, 2: 0.2})])
    (drawings,) = over_time(one, "").blocks
    assert isinstance(drawings, Drawings)
    assert [drawing.caption for drawing in drawings.each] == [
        "a: Dice over frames. Shaded: lost.",
        "a: area over frames; dashed is the truth.",
        "a: confidence over frames. Shaded: lost.",
    ]
    assert all(drawing.wide for drawing in drawings.each)


def test_of_many_the_worst_and_it_says_so() -> None:
    cases = [scored(f"c{i:02d}", {}, by_frame=[i / 100] * 2, kind="volume") for i in range(MOST_CASES + 3)]
    note, drawings = over_time(result("r", cases), "").blocks
    assert isinstance(note, Text)
    assert f"{MOST_CASES} worst of {MOST_CASES + 3}" in note.text
    assert isinstance(drawings, Drawings)
    assert not any("c22" in drawing.caption for drawing in drawings.each)
    assert "slices" in drawings.each[0].caption


def test_images_have_no_time() -> None:
    assert over_time(result("r", [scored("a", {}, by_frame=[1], kind="image")]), "").blocks == ()


def test_a_long_video_keeps_its_worst_moments() -> None:
    points = [(t, 1.0) for t in range(10_000)]
    points[7777] = (7777, 0.0)
    x, y = _thinned({"tip": points}, worst=True)["tip"]
    assert len(x) == len(y) == MOST_POINTS
    assert y.min() == 0
    assert abs(x[np.argmin(y)] - 7777) < 10


def test_stretches_of_loss() -> None:
    assert _spans({0: False, 1: True, 2: True, 3: False, 5: True}) == [(1, 2), (5, 5)]
