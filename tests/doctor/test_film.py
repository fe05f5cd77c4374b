import numpy as np
import pytest

from footage import encode, pictures, with_matrix, write_video
from segmem.doctor import film
from sick import codes, of


def test_a_plain_video_has_facts_and_no_finding(tmp_path):
    facts, found = film.examine(write_video(tmp_path / "a.mkv"), "a.mkv")
    assert found == []
    assert facts["codec"] == "ffv1"
    assert (facts["size"], facts["fps"], facts["frames"], facts["decoded"]) == ([90, 60], 25.0, 6, 6)


def test_times_that_vary_are_counted(tmp_path):
    path = encode(tmp_path / "a.mkv", pictures(6), times=[0, 1, 2, 5, 6, 7])
    assert "1 of 5 steps are not 40 ms" in of(film.examine(path, "a").findings, "video-variable-rate").what


def test_a_turned_video_is_noted(tmp_path):
    path = encode(tmp_path / "a.mp4", pictures(3), "mpeg4", "yuv420p")
    assert codes(film.examine(with_matrix(path, (0, 1, -1, 0)), "a").findings) == {"video-rotated"}


@pytest.mark.parametrize(
    ("pix_fmt", "size", "code"),
    [
        ("yuv420p10le", (16, 24), "video-deep"),
        ("bgra", (16, 24), "video-alpha"),
        ("bgr0", (17, 23), "video-odd-size"),
    ],
)
def test_what_reading_changes_is_noted(tmp_path, pix_fmt, size, code):
    shown = [np.random.default_rng(i).integers(0, 255, (*size, 3), dtype=np.uint8) for i in range(3)]
    path = encode(tmp_path / "a.mkv", shown, pix_fmt=pix_fmt)
    assert codes(film.examine(path, "a").findings) == {code}


def test_woven_frames_are_a_warning(tmp_path):
    options = {"flags": "+ildct+ilme", "top": "1"}
    path = encode(tmp_path / "a.mpg", pictures(4, (64, 96)), "mpeg2video", "yuv420p", options=options)
    assert "video-interlaced" in codes(film.examine(path, "a").findings)


def test_black_frames_are_counted(tmp_path):
    shown = [*pictures(3), np.zeros_like(pictures(1)[0])]
    path = encode(tmp_path / "a.mkv", shown)
    assert "1 of 4 frames" in of(film.examine(path, "a").findings, "video-black-frames").what


def test_a_video_cut_short_says_how_many_frames_are_good(tmp_path):
    shown = [np.random.default_rng(i).integers(0, 255, (16, 24, 3), dtype=np.uint8) for i in range(10)]
    path = encode(tmp_path / "a.avi", shown)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = of(film.examine(path, "a").findings, "video-damaged")
    assert found.severity == "warning"
    assert "of 10 frames are good" in found.what


def test_a_change_of_size_is_a_fault(tmp_path):
    big = encode(tmp_path / "b.mpg", pictures(3, (32, 48)), "mpeg1video", "yuv420p").read_bytes()
    small = encode(tmp_path / "s.mpg", pictures(3, (32, 32)), "mpeg1video", "yuv420p").read_bytes()
    (tmp_path / "a.mpg").write_bytes(big + small)
    assert "video-size-changes" in codes(film.examine(tmp_path / "a.mpg", "a").findings)


def test_what_is_no_video_is_refused(tmp_path):
    (tmp_path / "a.mp4").write_bytes(bytes(range(256)) * 8)
    assert codes(film.examine(tmp_path / "a.mp4", "a").findings) == {"file-refused"}


def test_of_a_long_video_a_part_is_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(film, "ALL", 4)
    monkeypatch.setattr(film, "PART", 2)
    facts, found = film.examine(write_video(tmp_path / "a.mkv"), "a")
    assert (facts["frames"], facts["decoded"], found) == (6, 2, [])


def test_a_name_in_a_videos_file_is_found_and_never_told(tmp_path):
    import av

    source = write_video(tmp_path / "a.mkv")
    with av.open(str(source)) as given, av.open(str(tmp_path / "b.mkv"), "w") as out:
        out.metadata["title"] = "DOE^JANE"
        stream = out.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    found = film.examine(tmp_path / "b.mkv", "b").findings
    assert of(found, "video-names-patient").what.lower() == "in title"
    assert "JANE" not in str(found)
