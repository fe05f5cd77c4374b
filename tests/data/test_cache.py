import os

import numpy as np
import pytest

from labelled import square, write_images, write_mask, write_scans, write_video_case
from segmem.core.errors import InputError
from segmem.data.cache import Cache
from segmem.data.layouts import find_labelled
from segmem.data.store import Store
from segmem.ops.fit import FitSettings, resize
from segmem.ops.intensity import IntensitySettings

NAMES = ("background", "shaft", "manipulator")


def cache(folder, intensity="rgb", longest=32):
    return Cache(Store(folder), FitSettings(longest=longest), IntensitySettings(kind=intensity), NAMES)


def test_a_video_is_decoded_at_the_training_resolution_with_its_sparse_labels(tmp_path):
    (case,) = find_labelled(write_video_case(tmp_path / "one", frames=6, labelled=[1, 4]))
    held = cache(tmp_path / "cache").open(case)
    assert held.frames.shape == (6, 3, 24, 32)
    assert held.labels.shape == (6, 24, 32)
    assert np.flatnonzero(held.labelled).tolist() == [1, 4]
    assert np.array_equal(held.labels[4], square(1)[1::2, 1::2])
    assert isinstance(held.frames, np.memmap)


def test_every_so_many_th_frame_is_kept_with_its_label(tmp_path):
    (case,) = find_labelled(write_video_case(tmp_path / "one", frames=6, labelled=[1, 4]))
    whole = cache(tmp_path / "cache").open(case)
    thin = cache(tmp_path / "cache").open(case, every=2)
    assert np.array_equal(thin.frames, whole.frames[::2])
    assert thin.labelled.tolist() == [False, False, True]


def test_a_scan_s_bytes_run_over_its_own_percentiles(tmp_path):
    (case,) = find_labelled(write_scans(tmp_path / "data", ["s"]))
    held = cache(tmp_path / "cache", "percentile", longest=None).open(case)
    assert held.frames.shape[1] == 1
    assert (int(held.frames.min()), int(held.frames.max())) == (0, 255)
    whole = np.concatenate([frame.numpy().ravel() for frame, _ in case.read()])
    assert abs(float(held.frames.mean()) / 255 - (whole.mean() - whole.min()) / np.ptp(whole)) < 0.02


def test_a_second_opening_decodes_nothing(tmp_path, monkeypatch):
    (case,) = find_labelled(write_images(tmp_path / "data", ["a"]))
    first = cache(tmp_path / "cache").open(case)
    monkeypatch.setattr(Cache, "_decode", lambda *_: pytest.fail("decoded again"))
    assert np.array_equal(cache(tmp_path / "cache").open(case).frames, first.frames)


def test_a_changed_mask_is_decoded_anew(tmp_path):
    (case,) = find_labelled(write_images(tmp_path / "data", ["a"], value=1))
    cache(tmp_path / "cache").open(case)
    mask = write_mask(tmp_path / "data" / "masks" / "a.png", square(2))
    os.utime(mask, ns=(1, 1))
    assert int(cache(tmp_path / "cache").open(case).labels.max()) == 2


def test_a_label_map_is_applied_and_part_of_what_is_kept(tmp_path):
    (case,) = find_labelled(write_images(tmp_path / "data", ["a"], value=255))
    with pytest.raises(InputError, match=r"a frame 0: \d+ pixels have the label 255"):
        cache(tmp_path / "cache").open(case)
    assert int(cache(tmp_path / "cache").open(case, {255: 1}).labels.max()) == 1
    assert int(cache(tmp_path / "cache").open(case, {255: 2}).labels.max()) == 2


def test_an_interrupted_decoding_is_done_again(tmp_path):
    (case,) = find_labelled(write_images(tmp_path / "data", ["a"]))
    shelf = cache(tmp_path / "cache")
    shelf.open(case)
    (about,) = (tmp_path / "cache").rglob("case.json")
    about.unlink()
    assert shelf.open(case).length == 1
    assert about.is_file()


def test_a_case_that_was_moved_or_touched_is_found_by_its_content(tmp_path, monkeypatch):
    (case,) = find_labelled(write_images(tmp_path / "data", ["a"]))
    first = cache(tmp_path / "cache").open(case)
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    for file in (tmp_path / "elsewhere").rglob("*.png"):
        os.utime(file, ns=(5, 5))
    (moved,) = find_labelled(tmp_path / "elsewhere")
    monkeypatch.setattr(Cache, "_decode", lambda *_: pytest.fail("decoded again"))
    assert np.array_equal(cache(tmp_path / "cache").open(moved).frames, first.frames)


def test_frames_are_the_bytes_that_the_model_s_own_resizing_gives(tmp_path):
    (case,) = find_labelled(write_images(tmp_path / "data", ["a"]))
    ((frame, _),) = case.read()
    small = resize(frame[None], (24, 32), "image")
    assert np.array_equal(cache(tmp_path / "cache").open(case).frames, small)


def test_cases_come_in_their_order(tmp_path):
    names = [f"n{number}" for number in range(12)]
    cases = find_labelled(write_images(tmp_path / "data", names))
    held = cache(tmp_path / "cache").open_all(cases)
    assert [case.name for case in held] == [case.name for case in cases]
    alone = [cache(tmp_path / "again").open(case) for case in cases]
    assert all(np.array_equal(a.frames, b.frames) for a, b in zip(held, alone, strict=True))


def test_a_case_in_use_is_kept_when_others_need_room(tmp_path):
    cases = find_labelled(write_images(tmp_path / "data", ["a", "b", "c"]))
    bounded = Cache(
        Store(tmp_path / "cache", limit=8000), FitSettings(longest=32), IntensitySettings(), NAMES
    )
    first = bounded.open(cases[0])
    bounded.open(cases[1])
    bounded.open(cases[2])
    left = sorted(path.name for path in (tmp_path / "cache").iterdir() if not path.name.startswith("."))
    assert len(left) == 2
    again = bounded.open(cases[0])
    assert np.array_equal(again.frames, first.frames)
    assert sorted(p.name for p in (tmp_path / "cache").iterdir() if not p.name.startswith(".")) == left
