import io

import numpy as np
import torch
from PIL import Image

from segmem.doctor.fingerprint import BITS, fingerprint, montage, near_pairs


def picture(seed: int, size: tuple[int, int] = (120, 160)) -> torch.Tensor:
    """A smooth picture (1, H, W) uint8 that differs from seed to seed."""
    coarse = np.random.default_rng(seed).integers(0, 255, (9, 12), dtype=np.uint8)
    return torch.from_numpy(np.array(Image.fromarray(coarse).resize(size[::-1], Image.Resampling.BICUBIC)))[
        None
    ]


def bits_apart(one: torch.Tensor, other: torch.Tensor) -> int:
    a, b = fingerprint(one), fingerprint(other)
    assert a is not None
    assert b is not None
    return int((a != b).sum())


def test_a_copy_smaller_brighter_and_compressed_has_nearly_the_same_bits():
    whole = picture(0)
    file = io.BytesIO()
    small = Image.fromarray(whole[0].numpy()).resize((110, 90))
    small.point(lambda value: 0.8 * value + 30).save(file, "JPEG", quality=60)
    copy = torch.from_numpy(np.array(Image.open(file)))[None]
    assert bits_apart(whole, copy) <= 12


def test_other_pictures_are_far_apart():
    assert min(bits_apart(picture(0), picture(seed)) for seed in range(1, 20)) > 60


def test_a_flat_picture_has_no_fingerprint():
    assert fingerprint(torch.zeros(3, 50, 50, dtype=torch.uint8)) is None
    assert fingerprint(torch.full((1, 50, 50), torch.nan)) is None


def test_a_volume_is_known_by_three_of_its_slices():
    slices = torch.arange(8.0)[:, None, None, None].expand(8, 1, 2, 3)
    assert montage(slices)[0, 0].tolist() == [2.0] * 3 + [4.0] * 3 + [6.0] * 3
    assert montage(slices[:1]).shape == (1, 2, 9)


def test_near_pairs_of_different_owners_are_found_once_with_their_distance():
    rng = np.random.default_rng(0)
    prints = rng.random((5000, BITS)) < 0.5
    prints[4000] = prints[17]
    prints[4000, :5] ^= True
    prints[4001] = prints[17]
    prints[4001, :9] ^= True
    prints[18] = prints[17]
    owner = np.arange(5000)
    owner[18], owner[4001] = 17, 4000
    assert near_pairs(prints, owner, 12) == [(17, 4000, 5)]
    assert near_pairs(prints, owner, 4) == []
