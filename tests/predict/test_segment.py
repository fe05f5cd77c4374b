import numpy as np
import torch

from footage import pictures, write_scan, write_video
from segmem.core import Clip, Geometry
from segmem.io.volume import read_volume
from segmem.predict.compute import Compute
from segmem.predict.segment import as_scan, scan_predictions, segment
from segmem.predict.stream import Viewer, stream


def test_a_video_s_labels_are_those_of_its_stream(video_model, tmp_path):
    path = write_video(tmp_path / "v.mkv", 4)
    labels = segment(video_model, path)
    assert labels.name == "v"
    assert labels.geometry.fps == 25
    assert labels.frames.shape == (4, 60, 90)
    assert labels.frames.dtype == torch.uint8
    expected = [prediction.labels[0] for prediction, _ in stream(video_model, path)]
    assert torch.equal(labels.frames, torch.stack(expected))


def test_loose_frames_can_be_segmented(video_model):
    labels = segment(video_model, pictures(2))
    assert (labels.name, labels.frames.shape) == ("frames", (2, 60, 90))


def test_an_image_is_a_clip_of_one(video_model):
    image = Clip("i", torch.zeros(1, 3, 33, 47, dtype=torch.uint8), Geometry("image", (33, 47)))
    assert segment(video_model, image).frames.shape == (1, 33, 47)


def test_a_scan_comes_back_with_its_geometry(scan_model, tmp_path):
    scan = read_volume(write_scan(tmp_path / "s.nii.gz"))
    labels = segment(scan_model, scan)
    assert labels.frames.shape == scan.frames[:, 0].shape
    assert labels.geometry == scan.geometry


def test_a_scan_read_backwards_gets_the_same_answer_backwards(scan_model):
    scan = torch.from_numpy(np.stack([p[..., :1].transpose(2, 0, 1) for p in pictures(5)])).float()
    compute = Compute.choose("cpu", "float32")

    def answers(frames):
        return torch.cat([p.logits for p in scan_predictions(Viewer(scan_model, compute), frames)])

    assert torch.allclose(answers(scan.flip(0)).flip(0), answers(scan), atol=0.05)


def test_every_slice_of_a_scan_has_seen_its_neighbours_on_both_sides(scan_model):
    scan = torch.from_numpy(np.stack([p[..., :1].transpose(2, 0, 1) for p in pictures(5)])).float()
    compute = Compute.choose("cpu", "float32")

    def middle(frames):
        return list(scan_predictions(Viewer(scan_model, compute), frames))[2].logits

    for neighbour in (1, 3):
        changed = scan.clone()
        changed[neighbour] = changed[neighbour].flip(-1)
        assert not torch.allclose(middle(changed), middle(scan), atol=1e-3)


def test_a_tick_is_heard_twice_a_slice(scan_model):
    ticks = []
    scan = torch.rand(3, 1, 40, 40)
    compute = Compute.choose("cpu", "float32")
    list(scan_predictions(Viewer(scan_model, compute), scan, lambda: ticks.append(1)))
    assert len(ticks) == 6


def test_a_source_is_stacked_once():
    clip = Clip("c", torch.rand(2, 1, 4, 5), Geometry("volume", (4, 5)))
    assert as_scan(clip) is clip.frames
