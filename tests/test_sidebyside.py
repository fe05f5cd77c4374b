import av
import numpy as np
import pytest
from PIL import Image

from footage import write_video
from segmem.core.errors import InputError, UsageError
from segmem.sidebyside import numbers, side_by_side

SIZE = (60, 90)


@pytest.fixture
def video(tmp_path):
    return str(write_video(tmp_path / "v.avi", 8, size=SIZE))


def write_maps(folder, values, size=SIZE):
    folder.mkdir(parents=True)
    for index, value in values.items():
        Image.fromarray(np.full(size, value, np.uint8)).save(folder / f"{index:05d}.png")
    return folder


@pytest.fixture
def runs(tmp_path):
    whole = write_maps(tmp_path / "run" / "labels", dict.fromkeys(range(8), 1))
    sparse = write_maps(tmp_path / "truth", {0: 3, 4: 3})
    return [f"base={whole.parent}", f"truth={sparse}"]


def test_a_film_has_a_panel_for_each_run(video, runs, tmp_path):
    assert side_by_side(video, runs, tmp_path / "out" / "side.mp4", width=90) == 8
    with av.open(str(tmp_path / "out" / "side.mp4")) as film:
        shown = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(shown) == 8
    assert shown[0].shape == (60, 180, 3)


def test_a_picture_has_a_row_for_each_run_and_a_column_for_each_frame(video, runs, tmp_path):
    assert side_by_side(video, runs, tmp_path / "side.png", frames=(5, 4), width=90) == 2
    sheet = np.asarray(Image.open(tmp_path / "side.png"))
    assert sheet.shape == (2 * 64 - 4, 2 * 94 - 4, 3)
    truth, plain = sheet[64 + 30 : 124, :90], sheet[64 + 30 : 124, 94:]  # below the name
    base = sheet[30:60, 94:]
    assert np.abs(base.astype(int) - plain).mean() > 20  # frame 5 has no truth and is shown as it is
    assert np.abs(truth.astype(int) - base).mean() > 20


def test_labels_may_be_drawn_as_others(video, runs, tmp_path):
    for name, table in (("a", {}), ("b", {3: 1})):
        side_by_side(video, runs, tmp_path / f"{name}.png", frames=(0,), width=90, label_map=table)
    a, b = (np.asarray(Image.open(tmp_path / f"{name}.png")).astype(int) for name in "ab")
    assert np.abs(a - b)[:60].max() == 0
    assert np.abs(a - b)[64:].mean() > 10


def test_what_cannot_be_drawn_is_named(video, runs, tmp_path):
    wrong = write_maps(tmp_path / "wrong", {0: 1}, size=(30, 30))
    for given, out, fault, told in (
        ([runs[0], runs[0]], "o.png", UsageError, "Two runs have one name"),
        ([f"x={tmp_path}"], "o.png", UsageError, "no folder with label maps"),
        (runs, "o.txt", UsageError, "neither a video"),
        ([f"x={wrong}"], "o.png", InputError, "x: the map of frame 0 is 30 x 30, the frame 90 x 60"),
    ):
        with pytest.raises(fault, match=told):
            side_by_side(video, given, tmp_path / out)
        assert not (tmp_path / out).exists()
    with pytest.raises(InputError, match="has no frame 99"):
        side_by_side(video, runs, tmp_path / "o.png", frames=(2, 99))
    with pytest.raises(InputError, match="not one video"):
        side_by_side(str(wrong / "00000.png"), runs, tmp_path / "o.png")


def test_frame_numbers_of_a_text():
    assert numbers("10, 50,90") == (10, 50, 90)
    assert numbers(None) == ()
    with pytest.raises(UsageError, match="no list of frame numbers"):
        numbers("1,x")
