import json
from pathlib import Path

import pytest

from segmem.core.errors import FormatError, InputError, PromptError
from segmem.predict.prompt_file import read_prompts
from segmem.predict.said import Said


def written(folder: Path, content: object) -> Path:
    path = folder / "prompts.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_every_key_is_read_and_every_key_may_be_left_out(tmp_path):
    rows = [
        {
            "frame": 3,
            "object": 2,
            "box": [1, 2, 3.5, 4],
            "points": [[5, 6, 1], [7, 8, 0]],
            "mask": "in/m.png",
        },
        {},
    ]
    assert read_prompts(written(tmp_path, rows)) == [
        Said(
            *("prompts.json, prompt 1", 3, 2, (1, 2, 3.5, 4), ((5, 6, 1), (7, 8, 0))),
            mask=(tmp_path / "in" / "m.png").resolve(),
        ),
        Said("prompts.json, prompt 2"),
    ]


def test_a_byte_order_mark_does_no_harm(tmp_path):
    assert len(read_prompts(written(tmp_path, '\ufeff[{"frame": 0}]'))) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[{"frame": 0},\n {"frame": 1,}]', "prompts.json, line 2, column .*: not JSON"),
        ("[{'frame': 0}]", "line 1, column 3"),
        ({"frame": 0}, "holds no list"),
        ("[3]", "prompt 1 is not in braces"),
        ([{}, {"framee": 0}], r"prompt 2 has the unknown key 'framee'. Did you mean 'frame'\?"),
        ([{"frame": "0"}], "prompt 1: frame cannot be '0'"),
        ([{"frame": 1.5}], "frame cannot be 1.5"),
        ([{"object": True}], "object cannot be True"),
        ([{"box": 5}], "box cannot be 5"),
        ([{"box": [1, 2, 3, None]}], "box cannot be None"),
        ([{"points": [1, 2, 1]}], "points cannot be 1"),
        ([{"mask": 5}], "mask cannot be 5"),
        ([{"mask": "../m.png"}], r"mask '../m.png' lies outside the folder of prompts.json"),
        ([{"mask": "/etc/passwd"}], "lies outside the folder"),
        ([{"mask": "a\0.png"}], "is no file name"),
        ("[" * 100_000, "is not JSON"),
        ('[{"frame": ' + "1" * 5000 + "}]", "is not JSON"),
    ],
)
def test_what_is_written_otherwise_is_refused_with_its_place(tmp_path, content, words):
    with pytest.raises(PromptError, match=words) as refused:
        read_prompts(written(tmp_path, content))
    assert "\n" not in str(refused.value)


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "secret.png").write_bytes(b"x")
    (tmp_path / "inner" / "m.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(PromptError, match="lies outside"):
        read_prompts(written(tmp_path / "inner", [{"mask": "m.png"}]))


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "p.json").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(PromptError, match="is not JSON"):
        read_prompts(tmp_path / "p.json")


def test_a_file_that_is_not_there_or_empty_is_bad_input(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_prompts(tmp_path / "none.json")
    with pytest.raises(FormatError, match="is empty"):
        read_prompts(written(tmp_path, ""))
