from pathlib import Path

import pytest

from segmem.core.errors import PromptError
from segmem.predict.prompt_text import box, mask, point
from segmem.predict.said import Said


def test_a_box_is_four_numbers_with_or_without_an_id():
    assert box("10,20.5,30,40") == Said("--box 10,20.5,30,40", box=(10, 20.5, 30, 40))
    assert box("2= 10, -20 ,30,4e1") == Said("--box 2= 10, -20 ,30,4e1", object=2, box=(10, -20, 30, 40))


def test_a_point_ends_in_a_sign():
    assert point("3=15,25,-") == Said("--point 3=15,25,-", object=3, points=((15, 25, 0),))
    assert point("15,25, +") == Said("--point 15,25, +", points=((15, 25, 1),))


def test_millimetres_have_a_third_number():
    assert box("1,2,3,4,5,6", world=True).box == (1, 2, 3, 4, 5, 6)
    assert point("-1,2,-3,+", world=True).points == ((-1, 2, -3, 1),)


@pytest.mark.parametrize(
    ("text", "which", "name"),
    [
        ("m.png", None, "m.png"),
        ("2=m.png", 2, "m.png"),
        ("a=b.png", None, "a=b.png"),
        ("./3=a.png", None, "3=a.png"),
    ],
)
def test_a_mask_is_a_file(text, which, name):
    assert mask(text) == Said(f"--mask {text}", object=which, mask=Path(name))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: box("10,20,30"), "--box 10,20,30 has 3 parts, 4 are needed"),
        (lambda: box("1,2,3,4,5,6"), "add --world"),
        (lambda: box("1,2,3,4", world=True), r"4 parts, 6 are needed. Write \[ID=\]x0,y0,z0,x1,y1,z1"),
        (lambda: box("10;20;30;40"), "is not numbers with commas"),
        (lambda: box(""), "is not numbers with commas"),
        (lambda: box("liver=1,2,3,4"), "'liver' is no object id"),
        (lambda: point("15,25"), "ends in '25'; \\+ is inside"),
        (lambda: point("15,25,1"), "ends in '1'"),
        (lambda: point("15,+"), "has 2 parts, 3 are needed"),
        (lambda: point("15,25,35,+"), "add --world"),
        (lambda: point("15,25,+", world=True), "3 parts, 4 are needed"),
        (lambda: mask(""), "names no file"),
    ],
)
def test_what_is_written_otherwise_is_answered_with_the_form(call, words):
    with pytest.raises(PromptError, match=words) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_numbers_that_are_none_are_left_to_the_check():
    assert str(box("nan,0,1,1").box) == "(nan, 0.0, 1.0, 1.0)"
