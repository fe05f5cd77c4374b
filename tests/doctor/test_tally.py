from labelled import write_images, write_scans, write_video_case
from segmem.data.layouts import find_labelled
from segmem.doctor.tally import Tally, count


def test_a_video_is_counted_frame_by_frame(tmp_path):
    write_video_case(tmp_path / "v", frames=6, labelled=(1, 4))
    (case,) = find_labelled(tmp_path)
    found = count(case, tmp_path)
    assert (found.frames, found.labelled, found.kind) == (6, 2, "video")
    assert set(found.counts) == {0, 1, 2}
    assert len(found.prints) == 6
    assert found.place(3) == "v frame 3"


def test_a_scan_has_one_fingerprint_and_an_image_its_own(tmp_path):
    write_scans(tmp_path / "s", ["a"])
    (case,) = find_labelled(tmp_path / "s")
    found = count(case, tmp_path / "s")
    assert (found.frames, len(found.prints), found.channels) == (5, 1, {1})
    assert found.counts[2] == 7 * 8 * 3
    write_images(tmp_path / "train", ["b"])
    (case,) = find_labelled(tmp_path / "train")
    assert count(case, tmp_path).split == "train"
    assert count(case, tmp_path).place(0) == "train/b"


def test_a_new_tally_has_counted_nothing():
    assert Tally("a", "a", "image").counts == {}
