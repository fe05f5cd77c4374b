import numpy as np
import pytest
import torch

from datasets import organs, voxels
from segmem.core.errors import FormatError, GeometryError, InputError
from segmem.data.layouts import find_labelled, recognise
from segmem.data.medsam2_npz import cases, recognises
from segmem.io.volume import read_label_volume, read_volume


def write_npz(path, **arrays):
    np.savez_compressed(path, **arrays)
    return path


def a_scan(path, seed=0):
    images = (voxels(seed).transpose(2, 1, 0) // 4).astype(np.uint8)
    return write_npz(path, imgs=images, gts=organs().transpose(2, 1, 0), spacing=(0.8, 0.9, 5.0))


def test_a_scan_keeps_its_slices_and_spacing(tmp_path):
    a_scan(tmp_path / "CT_Lesion_0001.npz")
    (case,) = find_labelled(tmp_path)
    assert recognise(tmp_path).why == "1 file .npz, with imgs and gts"
    assert (case.name, case.kind, len(list(case.read()))) == ("CT_Lesion_0001", "volume", 5)
    frame, label = list(case.read())[2]
    assert (frame.shape, frame.dtype, label.dtype) == ((1, 24, 20), torch.float32, torch.uint8)
    geometry = case.geometry()
    assert geometry.spacing_mm == (5.0, 0.9, 0.8)
    assert geometry.size == (24, 20)


def test_colour_is_a_video_and_one_frame_a_picture(tmp_path):
    rng = np.random.default_rng(0)
    write_npz(
        tmp_path / "a.npz",
        imgs=rng.integers(0, 255, (4, 8, 9, 3), np.uint8),
        gts=np.ones((4, 8, 9), np.uint8),
    )
    write_npz(
        tmp_path / "b.npz", imgs=rng.integers(0, 255, (8, 9, 3), np.uint8), gts=np.ones((8, 9), np.uint8)
    )
    found = cases(tmp_path, None)
    assert [case.kind for case in found] == ["video", "image"]
    assert [next(case.read())[0].shape for case in found] == [(3, 8, 9), (3, 8, 9)]


def test_sizes_that_disagree_are_told_from_the_headers(tmp_path):
    write_npz(tmp_path / "a.npz", imgs=np.zeros((4, 8, 9), np.uint8), gts=np.zeros((4, 9, 8), np.uint8))
    with pytest.raises(
        GeometryError, match=r"a\.npz: the image has shape \(4, 8, 9\), its label map \(4, 9, 8\)"
    ):
        cases(tmp_path, None)


def test_labels_that_are_no_whole_numbers_are_refused(tmp_path):
    write_npz(tmp_path / "a.npz", imgs=np.zeros((2, 8, 9), np.uint8), gts=np.full((2, 8, 9), 0.5))
    with pytest.raises(FormatError, match=r"gts holds 0\.5"):
        list(cases(tmp_path, None)[0].read())


def test_objects_are_never_unpickled(tmp_path):
    write_npz(tmp_path / "a.npz", imgs=np.array([{"a": 1}], dtype=object), gts=np.zeros((2, 8, 9), np.uint8))
    with pytest.raises(InputError, match="Python objects or text"):
        recognise(tmp_path)


def test_other_arrays_are_a_near_miss(tmp_path):
    write_npz(tmp_path / "a.npz", img=np.zeros((8, 9)), seg=np.zeros((8, 9)))
    assert recognises(tmp_path).lacks == "a.npz holds img, seg, not imgs and gts"


def test_real_scribbles_are_told_apart(data_root):
    assert "scribble_0" in recognises(data_root / "scribbles_medscribble").lacks


def test_a_real_lesion_in_this_layout_comes_back_whole(data_root, tmp_path):
    name = "CT_Lesion_000001_02_01_008-023.nii.gz"
    clip = read_volume(data_root / "ct_lesion" / "images" / name)
    truth = read_label_volume(data_root / "ct_lesion" / "labels" / name, like=clip.geometry)
    write_npz(tmp_path / "l.npz", imgs=clip.frames[:, 0].numpy().astype(np.uint8), gts=truth.numpy())
    (case,) = find_labelled(tmp_path)
    frames, labels = (torch.stack(parts) for parts in zip(*case.read(), strict=True))
    assert torch.equal(frames, clip.frames)
    assert torch.equal(labels, truth)
