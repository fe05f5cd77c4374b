"""Frames with prediction and truth, as a section."""

from pathlib import Path

from segmem.data.layouts import find_labelled
from segmem.evaluate.pairs import pair
from segmem.evaluate.run import measure
from segmem.evaluate.scores import Plan
from segmem.evaluate.sections.pictures import made_of, pictures
from segmem.evaluate.shown import Shown, choose
from segmem.report.bar import Bar
from segmem.report.page import Pictures


def test_the_frames_chosen_from_their_files(images: tuple[Path, Path]) -> None:
    plan = Plan(("background", "one"), flow=None)
    one = measure("r", pair(find_labelled(images[0]), images[1]), plan, 1, Bar(shown=False))
    shown = choose(one)
    made = made_of(one, plan, shown, 1, Bar(shown=False))
    assert set(made) == {("one", 0), ("two", 0)}
    blocks = pictures(shown, made, "").blocks
    assert isinstance(blocks[-1], Pictures)
    assert [picture.caption for picture in blocks[-1].each] == [
        "two, 0: Dice 0.875 (worst)",
        "one, 0: Dice 1.000 (worst)",
    ]


def test_what_cannot_be_read_any_more_is_left_out(images: tuple[Path, Path]) -> None:
    plan = Plan(("background", "one"), flow=None)
    one = measure("r", pair(find_labelled(images[0]), images[1]), plan, 1, Bar(shown=False))
    (images[1] / "two.png").write_bytes(b"gone bad")
    made = made_of(one, plan, choose(one), 1, Bar(shown=False))
    assert set(made) == {("one", 0)}
    assert pictures([Shown("two", 0, "worst", 0.8)], made, "").blocks == ()
