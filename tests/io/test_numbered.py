from pathlib import Path

import pytest
from PIL import Image

from segmem.core.errors import InputError, UsageError
from segmem.io.numbered import as_one_clip, in_order, without_last_number


def pictures(folder: Path, names: list[str], width: int = 4) -> list[Path]:
    for name in names:
        Image.new("L", (width, 3)).save(folder / name)
    return [folder / name for name in names]


def test_order_is_by_number(tmp_path: Path) -> None:
    names = [path.name for path in in_order([tmp_path / f"frame_{n}.png" for n in (10, 9, 2, 1)])]
    assert names == ["frame_1.png", "frame_2.png", "frame_9.png", "frame_10.png"]


def test_one_number_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"f1\.png and .*f01\.png are both frame 1"):
        in_order([tmp_path / "f1.png", tmp_path / "f01.png"])


@pytest.mark.parametrize(
    ("names", "clip"),
    [
        (["1.png", "2.png"], True),
        (["v3_f1_left.png", "v3_f2_left.png"], True),
        (["a1.png", "b2.png"], False),
        (["a.png", "b.png"], False),
        (["frame_1.png"], False),
    ],
)
def test_numbered_alike_is_one_clip(tmp_path: Path, names: list[str], clip: bool) -> None:
    assert as_one_clip(pictures(tmp_path, names), asked=False) is clip


def test_different_sizes_are_no_clip_unless_asked(tmp_path: Path) -> None:
    paths = pictures(tmp_path, ["f1.png"]) + pictures(tmp_path, ["f2.png"], width=5)
    assert [as_one_clip(paths, asked=False), as_one_clip(paths, asked=True)] == [False, True]


def test_a_clip_asked_of_unnumbered_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not numbered alike"):
        as_one_clip(pictures(tmp_path, ["a.png", "b.png"]), asked=True)


def test_a_name_without_its_last_number():
    assert [without_last_number(name) for name in ("OP1_07", "frame3b", "polyp")] == [
        "OP1_",
        "frameb",
        "polyp",
    ]
