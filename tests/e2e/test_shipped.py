"""The shipped models on real data and on frames where the present is no help."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from segmem import load, segment
from segmem.data.synthetic import make_clip
from segmem.io.volume import read_label_volume
from segmem.metrics.overlap import dice
from segmem.predict.stream import Viewer, ready
from segmem.segmenter import State

BLANK = range(24, 27)


@pytest.fixture(scope="module")
def viewer():
    return Viewer(*ready("tmam-endovis15"))


def labels_of(viewer, frames, recall):
    state, out = State.start(), []
    step = viewer.model.step
    viewer.model.step = lambda frame, state, prompt=None: step(frame, state, prompt, recall=recall)
    for frame in frames:
        prediction, state = viewer.look(frame, state)
        out.append(viewer.unfit(prediction).labels[0])
    viewer.model.step = step
    return torch.stack(out).numpy()


def test_memory_carries_the_instrument_through_blank_frames(viewer):
    clip = make_clip(7, 27, hard_share=0.0)
    frames = clip.frames.clone()
    frames[BLANK.start :] = 8
    scores = {
        recall: np.nanmean([dice(labels[t], clip.labels[t].numpy(), 3)[1:] for t in BLANK])
        for recall in (True, False)
        for labels in [labels_of(viewer, frames, recall)]
    }
    assert scores[False] < 0.05
    assert scores[True] > 0.25


def test_a_real_video_is_segmented_through_the_command(segmem, data_root, tmp_path):
    video = data_root / "video_endovis15_robotic" / "dataset1"
    ran = segmem("predict", "-i", video / "video.avi", "-o", "out", "-m", "tmam-endovis15", "--json")
    assert (ran.code, ran.err) == (0, "")
    names = sorted(path.name for path in (tmp_path / "out" / "labels").iterdir())
    assert names == [f"{index:05d}.png" for index in range(370)]
    merged = np.array([0, 1, 2, 1, 2], np.uint8)
    scores = []
    for name in names[::30]:
        found = np.array(Image.open(tmp_path / "out" / "labels" / name))
        truth = merged[np.array(Image.open(video / "masks" / name))]
        assert found.shape == truth.shape
        scores.append(dice(found, truth, 3)[1:])
    assert np.nanmean(scores) > 0.85
    assert json.loads(ran.out)["cases"][0]["frames"] == 370


def test_a_real_scan_comes_back_on_its_own_grid(segmem, data_root, tmp_path):
    import nibabel as nib

    source = data_root / "mr_hippocampus" / "images" / "hippocampus_019.nii.gz"  # of the validation part
    ran = segmem("predict", "-i", source, "-o", "out", "-m", "tmam-hippocampus")
    assert ran.code == 0
    given, made = nib.load(source), nib.load(tmp_path / "out" / source.name)
    assert made.affine.tobytes() == given.affine.tobytes()
    assert made.shape == given.shape
    truth = read_label_volume(data_root / "mr_hippocampus" / "labels" / source.name).numpy()
    found = read_label_volume(tmp_path / "out" / source.name).numpy()
    assert np.nanmean(dice(found, truth, 3)[1:]) > 0.75


def test_python_and_command_agree_on_a_scan(segmem, tmp_path):
    from segmem.demo import SCAN

    ran = segmem(
        "predict", "-i", SCAN, "-o", "out.nii.gz", "-m", "tmam-hippocampus", "--precision", "float32"
    )
    assert ran.code == 0
    found = read_label_volume(tmp_path / "out.nii.gz")
    alone = segment(load("tmam-hippocampus"), SCAN).frames
    assert (found == alone).float().mean() > 0.9999
