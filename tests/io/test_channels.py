import numpy as np
import pytest
import torch

from datasets import OBLIQUE, SHAPE, save, voxels
from segmem.core.errors import FormatError, GeometryError
from segmem.io.channels import read_channels
from segmem.io.volume import read_volume


def test_files_are_stacked_as_they_are_named(tmp_path):
    paths = [save(tmp_path / f"{n}.nii.gz", voxels(n)) for n in range(3)]
    clip = read_channels(paths, 3)
    for channel, path in enumerate(paths):
        assert torch.equal(clip.frames[:, channel : channel + 1], read_volume(path).frames)


def test_four_axes_are_turned_as_each_channel_alone_would_be(tmp_path):
    both = np.stack([voxels(0), voxels(1)], axis=-1)
    clip = read_channels([save(tmp_path / "four.nii.gz", both)], 2)
    for channel in range(2):
        alone = read_volume(save(tmp_path / f"{channel}.nii.gz", both[..., channel]))
        assert torch.equal(clip.frames[:, channel : channel + 1], alone.frames)
        assert clip.geometry.affine == alone.geometry.affine
        assert (clip.geometry.axes, clip.geometry.flipped) == (alone.geometry.axes, alone.geometry.flipped)


def test_another_number_of_channels_is_refused(tmp_path):
    path = save(tmp_path / "four.nii.gz", voxels(0, (*SHAPE, 2)))
    with pytest.raises(FormatError, match=r"shape \(20, 24, 5, 2\).*3 channels"):
        read_channels([path], 3)
    with pytest.raises(FormatError, match="2 channels"):
        read_channels([save(tmp_path / "three.nii.gz", voxels())], 2)


def test_channels_on_different_grids_are_refused(tmp_path):
    paths = [
        save(tmp_path / "a.nii.gz", voxels()),
        save(tmp_path / "b.nii.gz", voxels(), OBLIQUE + 0.1 * np.eye(4)),
    ]
    with pytest.raises(GeometryError, match=r"affines differ by 0\.1 mm"):
        read_channels(paths, 2)


def test_a_header_beyond_the_limit_is_refused(tmp_path):
    with pytest.raises(FormatError, match="above the limit"):
        read_channels([save(tmp_path / "four.nii.gz", voxels(0, (*SHAPE, 2)))], 2, max_bytes=1000)
