import gc
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from footage import with_matrix
from segmem.core.errors import FormatError, GeometryError, InputError
from segmem.io.video import VideoFile

MakeVideo = Callable[..., Path]
LEVELS = (0, 60, 120, 180, 240)


def flat(value: int, height: int = 16, width: int = 24) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def levels(video: VideoFile) -> list[int]:
    return [int(frame.float().mean().round()) for frame in video]


def resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def test_frames_come_as_rgb_with_size_rate_and_count(make_video: MakeVideo) -> None:
    picture = flat(0)
    picture[..., 0], picture[..., 2] = 200, 30
    video = VideoFile(make_video("red.avi", [picture, flat(9)]))
    first = next(iter(video))
    assert (first.dtype, tuple(first.shape), first[:, 3, 4].tolist()) == (
        torch.uint8,
        (3, 16, 24),
        [200, 0, 30],
    )
    assert (video.name, video.length, video.fps, video.geometry.size) == ("red", 2, 25.0, (16, 24))
    assert video.geometry.kind == "video"
    assert not video.length_is_estimate


def test_a_length_without_a_count_is_an_estimate(make_video: MakeVideo) -> None:
    video = VideoFile(make_video("a.mkv", [flat(value) for value in LEVELS]))
    assert (video.length, video.length_is_estimate) == (5, True)


def test_frames_come_in_the_order_of_presentation(make_video: MakeVideo) -> None:
    path = make_video(
        "b.mp4", [flat(v) for v in LEVELS], "mpeg4", "yuv420p", options={"bf": "2", "qscale": "2"}
    )
    assert levels(VideoFile(path)) == pytest.approx(LEVELS, abs=4)


def test_a_variable_frame_rate_gives_each_frame_once(make_video: MakeVideo) -> None:
    video = VideoFile(make_video("v.mkv", [flat(value) for value in LEVELS], times=[0, 1, 7, 8, 30]))
    assert levels(video) == list(LEVELS)
    assert video.damage is None


@pytest.mark.parametrize(
    ("matrix", "shape", "white"),
    [
        ((0, 1, -1, 0), (64, 32), (slice(0, 24), slice(None))),  # clockwise: left is up
        ((0, -1, 1, 0), (64, 32), (slice(40, 64), slice(None))),
        ((-1, 0, 0, -1), (32, 64), (slice(None), slice(40, 64))),
    ],
)
def test_rotation_in_the_file_is_honoured(
    make_video: MakeVideo,
    matrix: tuple[int, int, int, int],
    shape: tuple[int, int],
    white: tuple[slice, slice],
) -> None:
    picture = flat(0, 32, 64)
    picture[:, :32] = 255
    video = VideoFile(with_matrix(make_video("r.mp4", [picture] * 2, "mpeg4", "yuv420p"), matrix))
    frame = next(iter(video))
    assert video.geometry.size == tuple(frame.shape[1:]) == shape
    assert frame[0][white].min() > 200
    assert frame[0].float().mean() == pytest.approx(127, abs=8)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "gray", "gray10le", "yuv444p"])
def test_odd_sizes_grey_and_ten_bits_are_read(make_video: MakeVideo, pix_fmt: str) -> None:
    video = VideoFile(make_video("odd.mkv", [flat(value, 15, 23) for value in LEVELS], pix_fmt=pix_fmt))
    assert [tuple(frame.shape) for frame in video] == [(3, 15, 23)] * 5
    assert levels(video) == pytest.approx(LEVELS, abs=3)


def test_start_skips_frames_and_shortens_the_length(make_video: MakeVideo) -> None:
    video = VideoFile(make_video("s.avi", [flat(value) for value in LEVELS]), start=3)
    assert (video.length, levels(video)) == (2, [180, 240])


def test_each_iteration_begins_again(make_video: MakeVideo) -> None:
    video = VideoFile(make_video("s.avi", [flat(value) for value in LEVELS]))
    assert [len(list(islice(video, 2))), levels(video)] == [2, list(LEVELS)]


def test_a_truncated_file_gives_its_good_frames_and_says_how_many(
    make_video: MakeVideo, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 255, (16, 24, 3), dtype=np.uint8) for _ in range(10)]
    whole = make_video("whole.avi", pictures)
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    video = VideoFile(cut)
    frames = list(video)
    assert 2 <= len(frames) < 9
    assert all(np.array_equal(f.permute(1, 2, 0), p) for f, p in zip(frames, pictures, strict=False))
    assert video.damage is not None
    assert f"{len(frames)} of 10 frames are good" in video.damage
    assert "ends before its header says" in video.damage


def test_damage_in_the_middle_is_counted(make_video: MakeVideo) -> None:
    path = make_video("hurt.avi", [flat(value, 64, 64) for value in range(0, 200, 10)])
    data = bytearray(path.read_bytes())
    middle = data.index(b"00dc", len(data) // 3) + 8
    data[middle : middle + 40] = bytes(40)
    path.write_bytes(data)
    video = VideoFile(path)
    assert len(list(video)) < 20
    assert "could not be decoded" in (video.damage or "")


def test_text_named_mp4_is_said_to_be_text(tmp_path: Path) -> None:
    (tmp_path / "fake.mp4").write_text("#EXTM3U\n/etc/hostname\n")
    with pytest.raises(FormatError, match=r"fake\.mp4 is not a video: its first bytes are text"):
        VideoFile(tmp_path / "fake.mp4")


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 8, b"RIFF\x00\x00\x00\x00AVI LIST"])
def test_what_is_no_video_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.avi").write_bytes(content)
    with pytest.raises(FormatError, match=r"bad\.avi") as caught:
        next(iter(VideoFile(tmp_path / "bad.avi")))
    assert "\n" not in str(caught.value)


def test_a_missing_video_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        VideoFile(tmp_path / "gone.mp4")


def test_a_change_of_size_is_refused_naming_both(make_video: MakeVideo, tmp_path: Path) -> None:
    big = make_video("a.mpg", [flat(50, 32, 48)] * 3, "mpeg1video", "yuv420p").read_bytes()
    small = make_video("b.mpg", [flat(50, 16, 32)] * 3, "mpeg1video", "yuv420p").read_bytes()
    (tmp_path / "c.mpg").write_bytes(big + small)
    with pytest.raises(GeometryError, match=r"32 x 16 pixels, the first one was 48 x 32"):
        list(VideoFile(tmp_path / "c.mpg"))


@pytest.mark.parametrize(("folder", "count"), [("dataset1", 370), ("dataset3", 375)])
def test_the_real_videos_are_read_whole(data_root: Path, folder: str, count: int) -> None:
    video = VideoFile(data_root / "video_endovis15_robotic" / folder / "video.avi")
    assert (video.length, video.geometry.size, video.fps) == (count, (576, 720), 25.0)
    assert sum(1 for _ in video) == count
    assert video.damage is None


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="resident memory is read from /proc")
def test_memory_stays_flat_while_frames_pass(make_video: MakeVideo) -> None:
    video = VideoFile(
        make_video("long.avi", [flat(value, 400, 600) for value in range(100)], "mpeg4", "yuv420p")
    )
    stream = iter(video)
    gc.disable()  # frames must go by themselves, not when the collector happens to run
    try:
        used = [resident_mb() for index, _ in enumerate(stream) if index in (20, 99)]
    finally:
        gc.enable()
    assert used[1] - used[0] < 12  # about 30 where each frame is kept


def test_a_real_video_cut_short_gives_its_good_frames(data_root: Path, tmp_path: Path) -> None:
    path = data_root / "video_endovis15_robotic" / "dataset1" / "video.avi"
    (tmp_path / "cut.avi").write_bytes(path.read_bytes()[:600_000])
    cut = VideoFile(tmp_path / "cut.avi")
    frames = list(cut)
    assert 30 < len(frames) < 60
    assert all(torch.equal(mine, whole) for mine, whole in zip(frames, VideoFile(path), strict=False))
    assert f"{len(frames)} of 370 frames are good" in (cut.damage or "")
