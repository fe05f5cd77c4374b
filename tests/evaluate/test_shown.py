"""Which frames a report shows."""

from pathlib import Path

from measured import result, scored
from segmem.data.layouts import find_labelled
from segmem.evaluate.pairs import pair
from segmem.evaluate.scores import Plan
from segmem.evaluate.shown import MEDIAN, WORST, Wanted, choose, pictures, wanted


def told(dice: list[list[float]]) -> list[tuple[str, int, str]]:
    cases = [scored(f"c{i:02d}", {}, by_frame=frames) for i, frames in enumerate(dice)]
    return [(one.case, one.frame, one.why) for one in choose(result("r", cases))]


def test_the_worst_cases_and_the_middle_ones() -> None:
    shown = told([[0.9 - i / 100, 0.1] for i in range(20)])
    assert [one for one in shown if one[2] == "worst"] == [
        (f"c{i:02d}", 1, "worst") for i in (19, 18, 17, 16, 15, 14)
    ]
    assert len([one for one in shown if one[2] == "median"]) == MEDIAN


def test_of_few_cases_each_is_shown_at_its_worst_and_its_middle() -> None:
    assert told([[0.9, 0.2, 0.5], [0.8]]) == [("c00", 1, "worst"), ("c01", 0, "worst"), ("c00", 2, "median")]


def test_of_one_case_frames_that_show_the_same_are_shown_once() -> None:
    shown = told([[1 - t / 1000 for t in range(100)]])
    worst = [frame for _, frame, why in shown if why == "worst"]
    assert worst == [99, 89, 79, 69, 59, 49]
    assert len(worst) == WORST
    assert [frame for _, frame, why in shown if why == "median"] == [48]  # 49 is there already


def test_nothing_scored_nothing_shown() -> None:
    assert told([[], []]) == []


def test_frames_to_review_are_pictured_too() -> None:
    sure = {t: 1 - t / 10 for t in range(5)}
    one = result("r", [scored("a", {}, by_frame=[0.5] * 5, confidence=sure)])
    (asked,) = wanted(one, Plan(("background", "shaft")), [])
    assert asked.frames == {0, 1, 2, 3, 4}


def test_pictures_are_jpeg(images: tuple[Path, Path]) -> None:
    one = pair(find_labelled(images[0]), images[1]).pairs[0]
    made = pictures(Wanted(one, Plan(("background", "one")), frozenset({0})))
    assert set(made) == {0}
    assert made[0].startswith(b"\xff\xd8")


def test_a_case_is_read_no_further_than_needed(video: tuple[Path, Path]) -> None:
    one = pair(find_labelled(video[0]), video[1]).pairs[0]
    for index in (3, 4, 5):
        (one.prediction / f"{index:05d}.png").write_bytes(b"broken")
    made = pictures(Wanted(one, Plan(("background", "one", "two")), frozenset({1, 2})))
    assert set(made) == {1, 2}
