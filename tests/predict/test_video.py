import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from footage import pictures, write_video
from segmem import manifest
from segmem.core.errors import FormatError, GeometryError, InputError, InterruptedRun
from segmem.io.case import Case
from segmem.io.sources import find_cases
from segmem.predict import video as module
from segmem.predict.answer import answer
from segmem.predict.stream import stream
from segmem.predict.video import segment_video
from segmem.predict.watch import Watch


def run(job, case, out, watch=None):
    return segment_video(job, case, out, watch or Watch(), job.clock())


def one(path):
    return find_cases(str(path))[0]


def stop_after(frames):
    """A watch whose person stops after so many frames."""
    watch, seen = Watch(), []

    def tick():
        seen.append(1)
        watch.stop = len(seen) >= frames

    watch.tick = tick
    return watch


def contents(folder):
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.suffix in {".png", ".csv"}
    }


@pytest.fixture
def clip(tmp_path):
    return one(write_video(tmp_path / "v.mkv", 6))


def test_the_folder_holds_what_the_contract_says(make_job, clip, tmp_path):
    record = run(make_job(), clip, tmp_path / "out")
    names = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*"))
    assert names == ["frames.csv", *(f"labels/{i:05d}.png" for i in range(6)), "manifest.json"]
    assert (record.input, record.frames, record.size, record.fps) == ("v.mkv", 6, (60, 90), 25.0)
    written = manifest.read(tmp_path / "out" / "manifest.json")
    assert written is not None
    assert written.finished
    assert written.cases[0].output == "."
    assert written.timings.seconds["decode"] > 0
    assert written.timings.seconds["write"] > 0


def test_labels_and_table_are_the_stream_s(make_job, clip, tmp_path):
    job = make_job()
    run(job, clip, tmp_path / "out")
    found = [answer(prediction) for prediction, _ in stream(job.model, clip.paths[0], precision="float32")]
    with (tmp_path / "out" / "frames.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6 * 2
    for index, expected in enumerate(found):
        with Image.open(tmp_path / "out" / "labels" / f"{index:05d}.png") as image:
            assert image.mode == "P"
            assert np.array_equal(np.array(image), expected.labels.numpy())
        for row in rows[2 * index : 2 * index + 2]:
            assert int(row["frame"]) == index
            assert int(row["area_px"]) == expected.area[int(row["class"])]
            assert row["name"] == job.model.spec.classes[int(row["class"])]
            assert float(row["time_s"]) == pytest.approx(index / 25)


def test_an_overlay_has_a_frame_for_each_frame(make_job, clip, tmp_path):
    import av

    run(make_job(overlay=True), clip, tmp_path / "out")
    with av.open(str(tmp_path / "out" / "overlay.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 6


@pytest.mark.parametrize("overlay", [False, True])
def test_an_interrupted_video_continues_to_the_same_answer(make_job, clip, tmp_path, overlay):
    run(make_job(overlay=overlay), clip, tmp_path / "whole")
    with pytest.raises(InterruptedRun, match=r"after 4 frames.*--resume"):
        run(make_job(overlay=overlay), clip, tmp_path / "out", stop_after(4))
    assert not (tmp_path / "out").exists()

    looked = []
    job = make_job(overlay=overlay, resume=True)
    watch = Watch()
    watch.tick = lambda: looked.append(1)
    record = run(job, clip, tmp_path / "out", watch)
    assert len(looked) == 2
    assert (record.frames, record.resumed_at) == (6, 4)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert (tmp_path / "out" / "overlay.mp4").exists() == overlay
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "v.mkv", "whole"]


def test_a_video_stopped_after_its_last_frame_continues_too(make_job, clip, tmp_path):
    run(make_job(), clip, tmp_path / "whole")
    with pytest.raises(InterruptedRun):
        run(make_job(), clip, tmp_path / "out", stop_after(6))
    assert run(make_job(resume=True), clip, tmp_path / "out").frames == 6
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_without_resume_an_interrupted_video_begins_again(make_job, clip, tmp_path):
    with pytest.raises(InterruptedRun):
        run(make_job(), clip, tmp_path / "out", stop_after(4))
    watch, looked = Watch(), []
    watch.tick = lambda: looked.append(1)
    run(make_job(), clip, tmp_path / "out", watch)
    assert len(looked) == 6


def test_another_precision_begins_again(make_job, clip, tmp_path):
    with pytest.raises(InterruptedRun):
        run(make_job(), clip, tmp_path / "out", stop_after(4))
    run(make_job(precision="bfloat16"), clip, tmp_path / "whole")
    run(make_job(precision="bfloat16", resume=True), clip, tmp_path / "out")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_numbered_pictures_are_a_video_without_time(make_job, tmp_path):
    (tmp_path / "clip").mkdir()
    for index, picture in enumerate(pictures(3)):
        Image.fromarray(picture).save(tmp_path / "clip" / f"frame_{index + 8}.png")
    record = run(make_job(), one(tmp_path / "clip"), tmp_path / "out")
    assert (record.input, record.frames, record.fps) == ("clip", 3, None)
    assert (tmp_path / "out" / "frames.csv").read_text().splitlines()[1].startswith("0,,1,")


def test_what_was_warned_of_is_in_the_video_s_own_manifest(make_job, clip, tmp_path, monkeypatch):
    job = make_job()
    decode = job.model.network.decode
    monkeypatch.setattr(job.model.network, "decode", lambda features: decode(features) * torch.nan)
    run(job, clip, tmp_path / "out")
    (told,) = manifest.read(tmp_path / "out" / manifest.NAME).warnings
    assert told.startswith("frame 0: the network answers with NaN")


def test_a_video_cut_short_says_so(make_job, tmp_path):
    path = write_video(tmp_path / "v.avi", 30)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    record = run(make_job(), one(path), tmp_path / "out")
    assert 0 < record.frames < 30
    assert record.damage is not None
    assert str(record.frames) in record.damage
    assert str(tmp_path) not in record.damage
    assert len(list((tmp_path / "out" / "labels").iterdir())) == record.frames


def test_a_bad_video_leaves_nothing(make_job, tmp_path):
    (tmp_path / "v.mp4").write_bytes(bytes(1000))
    with pytest.raises(FormatError):
        run(make_job(), one(tmp_path / "v.mp4"), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["v.mp4"]


def test_a_fault_half_way_leaves_nothing(make_job, tmp_path):
    (tmp_path / "clip").mkdir()
    for index, size in enumerate([(60, 90), (60, 90), (50, 90)]):
        Image.fromarray(pictures(1, size)[0]).save(tmp_path / "clip" / f"{index}.png")
    case = Case("clip", "video", "frames", tuple(sorted((tmp_path / "clip").iterdir())))
    with pytest.raises(GeometryError):
        run(make_job(), case, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["clip"]


class Lens:
    """A camera that gives frames until nobody asks."""

    name, length = "camera0", None

    def __init__(self, frames):
        from segmem.core import Geometry

        self.frames = frames
        self.geometry = Geometry("video", (60, 90), fps=30.0)

    def __iter__(self):
        return iter(self.frames)


def test_a_camera_ends_when_a_person_says_so(make_job, tmp_path, monkeypatch):
    frames = [torch.from_numpy(picture).permute(2, 0, 1) for picture in pictures(20)]
    monkeypatch.setattr(module, "open_case", lambda *_: Lens(frames))
    case = Case("camera0", "video", "camera", camera=0)
    record = run(make_job(), case, tmp_path / "out", stop_after(5))
    assert record.frames == 5
    assert (tmp_path / "out" / "manifest.json").exists()


def test_a_camera_without_a_frame_is_an_error(make_job, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "open_case", lambda *_: Lens([]))
    with pytest.raises(InputError, match="no frame"):
        run(make_job(), Case("camera0", "video", "camera", camera=0), Path(tmp_path / "out"))
