import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segmem.core import Geometry, Prompt
from segmem.core.errors import PromptError
from segmem.io.orientation import scan_geometry, turn
from segmem.predict.prompting import ask

VIDEO = Geometry("video", (40, 50))


def scan() -> Geometry:
    affine = np.diag([2.0, 3.0, 9.0, 1.0])
    return scan_geometry(affine, turn(affine), (40, 50), {})


def prompts_of(geometry: Geometry = VIDEO, length: int | None = 9, **options: object) -> tuple[Prompt, ...]:
    asked = ask(**options)  # type: ignore[arg-type]
    assert asked is not None
    return asked.place(geometry, length)


def mask_file(folder: Path, size: tuple[int, int] = (40, 50)) -> Path:
    values = np.zeros(size, np.uint8)
    values[3:6, 4:9] = 255
    path = folder / "m.png"
    Image.fromarray(values).save(path)
    return path


def test_all_that_is_said_of_an_object_on_a_frame_is_one_prompt():
    said = prompts_of(boxes=["1,2,30,40"], points=["3,4,+", "2=5,6,+", "1=7,8,-"])
    assert said == (
        Prompt(0, 1, (1, 2, 30, 40), ((3, 4, 1), (7, 8, 0))),
        Prompt(0, 2, points=((5, 6, 1),)),
    )


@pytest.mark.parametrize(
    ("geometry", "length", "on", "frame"),
    [(VIDEO, 9, None, 0), (VIDEO, 9, 5, 5), (VIDEO, None, None, 0), (scan(), 9, None, 4), (scan(), 8, 7, 7)],
)
def test_where_no_frame_is_named_it_is_the_first_or_a_scan_s_middle(geometry, length, on, frame):
    assert prompts_of(geometry, length, boxes=["1,2,3,4"], on=on)[0].frame == frame


def test_a_file_of_prompts_names_frames_and_on_fills_in(tmp_path):
    mask_file(tmp_path)
    rows = [
        {"frame": 6, "box": [1, 2, 3, 4]},
        {"object": 2, "points": [[5, 6, 1]]},
        {"frame": 1, "mask": "m.png"},
    ]
    (tmp_path / "p.json").write_text(json.dumps(rows))
    first, second, third = prompts_of(file=tmp_path / "p.json", on=3)
    assert (first.frame, first.object, int(np.asarray(first.mask).sum())) == (1, 1, 15)
    assert second == Prompt(3, 2, points=((5, 6, 1),))
    assert third == Prompt(6, 1, (1, 2, 3, 4))


def test_a_mask_is_read_with_its_size_checked(tmp_path):
    (prompt,) = prompts_of(masks=[f"2={mask_file(tmp_path)}"], on=8)
    assert (prompt.frame, prompt.object) == (8, 2)
    with pytest.raises(PromptError, match=r"its mask is 50 x 39 pixels \(the image is 50 x 40 pixels\)"):
        prompts_of(masks=[str(mask_file(tmp_path, (39, 50)))])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"boxes": ["10,20,60,30"]}, "Object 1 on frame 0: box 10,20,60,30 reaches outside"),
        ({"boxes": ["30,20,10,30"]}, "corners exchanged"),
        ({"boxes": ["10,20,10,30"]}, "no area"),
        ({"boxes": ["nan,20,10,30"]}, "not finite"),
        ({"boxes": ["1,2,3,4", "1=5,6,7,8"]}, "2 boxes"),
        ({"boxes": ["0=1,2,3,4"]}, "Object 0 cannot be"),
        ({"boxes": ["300=1,2,3,4"]}, "Object 300 cannot be"),
        ({"points": ["50,2,+"]}, "point 50,2,1 is outside the image"),
        ({"boxes": ["1,2,3,4"], "on": 9}, "frame 9, which does not exist. There are 9: 0 to 8"),
        ({"boxes": ["1,2,3,4"], "on": -1}, "frame -1, which does not exist"),
        ({"boxes": ["1,2,3,4,5,6"], "world": True}, "--world takes millimetres of a scan"),
    ],
)
def test_a_prompt_that_cannot_be_meant_is_refused(options, words):
    with pytest.raises(PromptError, match=words):
        prompts_of(**options)


def test_a_file_s_prompt_with_too_few_numbers_or_nothing_is_refused(tmp_path):
    path = tmp_path / "p.json"
    for rows, words in [
        ([{"box": [1, 2, 3]}], "3 numbers"),
        ([{"points": [[1, 2]]}], "2 numbers"),
        ([{}], "nothing"),
    ]:
        path.write_text(json.dumps(rows))
        with pytest.raises(PromptError, match=words):
            prompts_of(file=path)


def test_millimetres_say_the_slice():
    said = prompts_of(scan(), 9, boxes=["2=20,30,27,60,90,45"], points=["2=40,60,36,+"], world=True)
    assert said == (Prompt(4, 2, (10, 10, 30, 30), ((20, 20, 1),)),)
    with pytest.raises(PromptError, match="lies on slice 4, not on 2"):
        prompts_of(scan(), 9, points=["40,60,36,+"], on=2, world=True)


def test_a_mask_beside_millimetres_is_on_the_slice_that_is_named(tmp_path):
    said = prompts_of(scan(), 9, masks=[str(mask_file(tmp_path))], points=["2=40,60,36,+"], on=4, world=True)
    assert [(prompt.frame, prompt.object) for prompt in said] == [(4, 1), (4, 2)]


def test_who_says_nothing_asks_nothing(tmp_path):
    assert ask() is None
    with pytest.raises(PromptError, match="--on is about prompts"):
        ask(on=3)
    with pytest.raises(PromptError, match="--world is about prompts"):
        ask(world=True)
    (tmp_path / "p.json").write_text("[]")
    with pytest.raises(PromptError, match=r"p\.json is an empty list"):
        ask(file=tmp_path / "p.json")
