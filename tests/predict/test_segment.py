from dataclasses import replace

import numpy as np
import pytest
import torch

from footage import pictures, write_scan, write_video
from nano import nano
from segmem.core import Clip, Geometry, Prompt
from segmem.core.errors import GeometryError, PromptError, UsageError
from segmem.io.volume import read_volume
from segmem.ops.intensity import IntensitySettings
from segmem.ops.volume_settings import VolumeSettings
from segmem.predict.compute import Compute
from segmem.predict.frames import LooseFrames
from segmem.predict.segment import case_predictions, scan_predictions, segment
from segmem.predict.stream import Viewer, stream, whole


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


def prompted_clip(kind="video", frames=5) -> Clip:
    stack = torch.from_numpy(np.stack(pictures(frames))).permute(0, 3, 1, 2)
    return Clip("c", stack[:, :1].float() if kind == "volume" else stack, Geometry(kind, (60, 90)))


BOX = Prompt(frame=2, object=7, box=(10.0, 10.0, 60.0, 50.0))


def test_objects_of_a_video_are_followed_forward_from_their_prompt(sam2_model):
    labels = segment(sam2_model, prompted_clip(), [BOX])
    assert labels.frames.shape == (5, 60, 90)
    assert set(labels.frames.unique().tolist()) == {0, 7}
    assert not labels.frames[:2].any()
    assert labels.frames[2].any()
    assert labels.frames[3:].any()


def test_objects_of_a_scan_are_followed_both_ways(sam2_model):
    labels = segment(sam2_model, prompted_clip("volume"), [BOX])
    assert all(bool((frame == 7).any()) for frame in labels.frames)
    onward = segment(sam2_model, prompted_clip("volume"), [BOX], direction="forward")
    assert not onward.frames[:2].any()


def test_loose_frames_can_be_prompted_too(sam2_model):
    clip = prompted_clip(frames=3)
    labels = segment(sam2_model, pictures(3), [BOX], direction="both")
    assert torch.equal(labels.frames, segment(sam2_model, clip, [BOX], direction="both").frames)
    assert labels.frames[:2].any()


def test_a_scan_for_a_prompted_model_is_seen_against_its_own_percentiles(sam2_model):
    scan = prompted_clip("volume")
    doubled = Clip("c", scan.frames * 20 - 300, scan.geometry)
    assert torch.equal(segment(sam2_model, scan, [BOX]).frames, segment(sam2_model, doubled, [BOX]).frames)


def test_a_promptable_model_without_a_prompt_says_how_to_give_one(sam2_model):
    with pytest.raises(UsageError, match=r"there is no prompt\. Give --box"):
        segment(sam2_model, prompted_clip())


def test_prompts_for_a_model_without_are_refused(video_model, scan_model):
    for model in (video_model, scan_model):
        with pytest.raises(UsageError, match="takes no prompts"):
            segment(model, pictures(2), [Prompt(box=(1.0, 1.0, 9.0, 9.0))])


@pytest.mark.parametrize("frame", [5, 50])
def test_a_prompt_on_a_frame_that_is_not_there_is_refused(sam2_model, frame):
    with pytest.raises(PromptError, match=f"frame {frame}, which does not exist"):
        segment(sam2_model, prompted_clip(), [replace(BOX, frame=frame)])


def test_a_tick_is_heard_for_each_look_at_a_prompted_clip(sam2_model):
    ticks = []
    viewer, clip = Viewer(sam2_model, Compute.choose("cpu", "float32")), prompted_clip()
    answers = list(case_predictions(viewer, clip, {2: [BOX]}, "both", lambda: ticks.append(1)))
    assert (len(answers), len(ticks)) == (5, 3 + 3)


def test_a_clip_is_whole_already_and_other_sources_are_stacked():
    clip = Clip("c", torch.rand(2, 1, 4, 5), Geometry("volume", (4, 5)))
    assert whole(clip) is clip
    stacked = whole(LooseFrames(pictures(3)))
    assert stacked.frames.shape == (3, 3, 60, 90)
    assert stacked.name == "frames"


def test_frames_of_several_sizes_are_no_clip():
    with pytest.raises(GeometryError, match="Frame 1"):
        whole(LooseFrames([*pictures(1), *pictures(1, size=(50, 90))]))


GRIDS = [
    VolumeSettings(slices="sagittal"),
    VolumeSettings(slice_mm=1.5, in_plane_mm=2),
    VolumeSettings(slices="thickest", slice_mm=4, in_plane_mm=0.7, crop="otsu", crop_margin_mm=3),
]


@pytest.mark.parametrize("volume", GRIDS)
def test_a_scan_seen_on_another_grid_is_answered_on_its_own(tmp_path, volume):
    model = nano(name="m", input="volume", intensity=IntensitySettings(kind="percentile"), volume=volume)
    scan = read_volume(write_scan(tmp_path / "s.nii.gz"))
    labels = segment(model, scan)
    assert labels.frames.shape == scan.frames[:, 0].shape
    assert labels.geometry == scan.geometry


def test_a_model_with_a_grid_of_its_own_cannot_stream_slices(tmp_path):
    model = nano(name="m", input="volume", volume=VolumeSettings(slice_mm=1))
    with pytest.raises(UsageError, match=r"segmem\.segment"):
        stream(model, read_volume(write_scan(tmp_path / "s.nii.gz")))
