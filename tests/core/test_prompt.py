import math

import numpy as np
import pytest
import torch

from segmem.core import Prompt
from segmem.core.errors import PromptError, UsageError
from segmem.core.prompt import check, merged

SIZE = (480, 640)  # rows, columns
BOX = (10.0, 20.0, 30.0, 40.0)


def square(dtype: torch.dtype = torch.uint8) -> torch.Tensor:
    mask = torch.zeros(SIZE, dtype=dtype)
    mask[5:9, 5:9] = 1
    return mask


@pytest.mark.parametrize(
    "prompt",
    [
        Prompt(box=BOX),
        Prompt(box=(0, 0, 640, 480)),  # a box may end where the image ends
        Prompt(points=((0, 0, 1), (639.9, 479.9, 0))),
        Prompt(frame=9, object=255, box=BOX, points=((15, 25, 1),)),
        Prompt(mask=square()),
        Prompt(mask=square(torch.bool)),
        Prompt(mask=square(), rough=True),
        Prompt(mask=square(), rough=True, points=((1, 1, 0),)),
        Prompt(mask=square().numpy()),
        Prompt(box=np.array(BOX), points=np.array([[1.0, 2.0, 1.0]])),  # type: ignore[arg-type]
    ],
)
def test_what_can_be_meant_passes(prompt):
    check([prompt], SIZE, 10)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        (Prompt(box=(600, 20, 641, 40)), "box 600,20,641,40 reaches outside the image"),
        (Prompt(box=(-1, 20, 30, 40)), "box -1,20,30,40 reaches outside the image"),
        (Prompt(box=(10, 20, 30, 480.5)), "box 10,20,30,480.5 reaches outside the image"),
        (Prompt(box=(30, 20, 10, 40)), "box 30,20,10,40 has its corners exchanged"),
        (Prompt(box=(10, 40, 30, 20)), "box 10,40,30,20 has its corners exchanged"),
        (Prompt(box=(10, 20, 10, 40)), "box 10,20,10,40 has no area"),
        (Prompt(box=(10, 20, 30, 20)), "box 10,20,30,20 has no area"),
        (Prompt(box=(10, math.nan, 30, 40)), "box 10,nan,30,40 holds a number that is not finite"),
        (Prompt(box=(10, 20, math.inf, 40)), "box 10,20,inf,40 holds a number that is not finite"),
        (Prompt(box=(10, 20, 30)), "box 10,20,30 has 3 numbers"),  # type: ignore[arg-type]
        (Prompt(box=("a", 1, 2, 3)), "is not made of numbers"),  # type: ignore[arg-type]
        (Prompt(box=5), "box 5 is not made of numbers"),  # type: ignore[arg-type]
        (Prompt(points=((640, 5, 1),)), "point 640,5,1 is outside the image"),
        (Prompt(points=((1, 1, 1), (-0.5, 5, 1))), "point -0.5,5,1 is outside the image"),
        (Prompt(points=((math.nan, 5, 1),)), "point nan,5,1 holds a number that is not finite"),
        (Prompt(points=((5, 5, 2),)), "point 5,5,2 has label 2"),
        (Prompt(points=((5, 5),)), "point 5,5 has 2 numbers"),  # type: ignore[arg-type]
        (Prompt(mask=torch.ones(640, 480)), "its mask is 480 x 640 pixels"),
        (Prompt(mask=torch.zeros(SIZE, dtype=torch.uint8)), "its mask is empty"),
        (Prompt(mask=np.zeros(SIZE, bool)), "its mask is empty"),
        (Prompt(mask=square(torch.float32)), "mask > 0.5"),
        (Prompt(mask=np.ones(SIZE, np.float64)), "mask > 0.5"),
        (Prompt(mask=torch.ones(1, *SIZE)), r"of shape \(1, 480, 640\)"),
        (Prompt(mask=[[1]]), "its mask is list"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_is_refused_with_its_numbers_and_the_image_s_size(prompt, words):
    with pytest.raises(PromptError, match=words) as refused:
        check([prompt], SIZE, 10)
    said = str(refused.value)
    assert said.startswith("Object 1 on frame 0")
    assert "\n" not in said
    assert "640" in said
    assert "480" in said


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        (Prompt(frame=10, box=BOX), "frame 10, which does not exist. There are 10: 0 to 9"),
        (Prompt(frame=-1, box=BOX), "frame -1, which does not exist"),
        (Prompt(frame=1.0, box=BOX), r"frame 1\.0, which does not exist"),  # type: ignore[arg-type]
        (Prompt(object=0, box=BOX), "Object 0 cannot be"),
        (Prompt(object=256, box=BOX), "Object 256 cannot be"),
        (Prompt(object="liver", box=BOX), "Object 'liver' cannot be"),  # type: ignore[arg-type]
        (Prompt(object=True, box=BOX), "Object True cannot be"),
        (Prompt(), "says nothing"),
    ],
)
def test_a_prompt_of_no_frame_of_no_object_or_of_nothing_is_refused(prompt, words):
    with pytest.raises(PromptError, match=words):
        check([prompt], SIZE, 10)


def test_where_nobody_knows_the_length_any_frame_may_come():
    check([Prompt(frame=10**6, box=BOX)], SIZE, None)
    with pytest.raises(PromptError, match="Frames count from 0"):
        check([Prompt(frame=-1, box=BOX)], SIZE, None)


def test_rows_and_columns_exchanged_are_guessed():
    with pytest.raises(PromptError, match="row, column"):
        check([Prompt(points=((100, 600, 1),))], SIZE, 1)
    with pytest.raises(PromptError, match="x goes from 0 to 640, y from 0 to 480"):
        check([Prompt(points=((700, 600, 1),))], SIZE, 1)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([Prompt(box=BOX), Prompt(box=(1, 2, 3, 4))], "2 boxes, 10,20,30,40 and 1,2,3,4"),
        ([Prompt(mask=square()), Prompt(mask=square())], "2 masks"),
        ([Prompt(mask=square()), Prompt(box=BOX)], "a mask and also a box"),
        ([Prompt(mask=square(), rough=True), Prompt(box=BOX)], "a rough mask and also a box"),
        ([Prompt(box=BOX, rough=True)], "said to be rough and has no mask"),
        (
            [Prompt(mask=square()), Prompt(points=((1, 1, 1),), rough=True)],
            "said to be rough and has no mask",
        ),
        ([Prompt(mask=square(), points=((1, 1, 0),))], "a mask and also a box or points"),
    ],
)
def test_what_contradicts_itself_on_one_frame_is_refused(said, words):
    with pytest.raises(PromptError, match=f"Object 1 on frame 0.*{words}"):
        check(said, SIZE, 1)


def test_two_boxes_of_two_objects_or_on_two_frames_are_fine():
    check([Prompt(box=BOX), Prompt(object=2, box=BOX), Prompt(frame=1, box=BOX)], SIZE, 2)


def test_what_is_said_of_one_object_on_one_frame_is_put_together_in_order():
    said = [
        Prompt(frame=3, points=((1, 1, 1),)),
        Prompt(object=2, points=((5, 5, 1),)),
        Prompt(frame=3, box=BOX, points=((2, 2, 0),)),
    ]
    assert merged(said) == (
        Prompt(object=2, points=((5, 5, 1),)),
        Prompt(frame=3, box=BOX, points=((1, 1, 1), (2, 2, 0))),
    )


def test_a_bad_prompt_is_a_usage_error():
    assert issubclass(PromptError, UsageError)
    assert PromptError.exit_code == 2
