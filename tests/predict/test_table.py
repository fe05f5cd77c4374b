import torch

from segmem.predict.answer import Answer
from segmem.predict.table import FrameTable, keep_frames

FOUND = Answer(torch.zeros(2, 2, dtype=torch.uint8), (1, 3, 0), (0.5, 0.91234, None), 0.75)
HEAD = "frame,time_s,class,name,area_px,confidence,score\n"


def test_each_frame_has_a_line_for_each_class_but_background(tmp_path):
    with FrameTable(tmp_path / "frames.csv", ("background", "shaft", "tip, of it"), fps=25.0) as table:
        table.write(2, FOUND)
    expected = HEAD + '2,0.080,1,shaft,3,0.9123,0.7500\n2,0.080,2,"tip, of it",0,,0.7500\n'
    assert (tmp_path / "frames.csv").read_bytes() == expected.encode()


def test_frames_without_a_rate_have_no_time(tmp_path):
    with FrameTable(tmp_path / "frames.csv", ("background", "shaft"), fps=None) as table:
        table.write(0, FOUND)
    assert (tmp_path / "frames.csv").read_text() == HEAD + "0,,1,shaft,3,0.9123,0.7500\n"


def test_a_table_is_continued_where_it_was_cut(tmp_path):
    whole, broken = tmp_path / "whole.csv", tmp_path / "broken.csv"
    with FrameTable(whole, ("background", "a", "b"), fps=25.0) as table:
        for index in range(12):
            table.write(index, FOUND)
    lines = whole.read_text().splitlines(keepends=True)
    broken.write_text("".join(lines[:20]) + lines[20][:5])
    keep_frames(broken, 8)
    with FrameTable(broken, ("background", "a", "b"), fps=25.0) as table:
        for index in range(8, 12):
            table.write(index, FOUND)
    assert broken.read_bytes() == whole.read_bytes()


def test_prompted_objects_have_a_line_each_under_their_ids(tmp_path):
    found = Answer(torch.zeros(2, 2, dtype=torch.uint8), (1, 3, 0), (0.5, 0.91234, None), 0.75, (200, 7))
    with FrameTable(tmp_path / "frames.csv", ("background",), fps=25.0) as table:
        table.write(2, found)
    expected = HEAD + "2,0.080,200,object 200,3,0.9123,0.7500\n2,0.080,7,object 7,0,,0.7500\n"
    assert (tmp_path / "frames.csv").read_text() == expected


def test_a_frame_before_the_first_prompt_has_no_line(tmp_path):
    with FrameTable(tmp_path / "frames.csv", ("background",), fps=25.0) as table:
        table.write(0, Answer(torch.zeros(2, 2, dtype=torch.uint8), (4,), (1.0,), 1.0))
    assert (tmp_path / "frames.csv").read_text() == HEAD
