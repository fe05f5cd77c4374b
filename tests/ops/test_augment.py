import torch

from segmem.ops.augment import AugmentSettings, augment
from segmem.ops.corruption import CorruptionSettings


def random(seed=0):
    made = torch.Generator()
    made.manual_seed(seed)
    return made


def painted(channels=3):
    labels = torch.zeros(4, 48, 64, dtype=torch.uint8)
    labels[:, 12:36, 20:44] = 1
    frames = (60 + 160 * labels)[:, None].expand(-1, channels, -1, -1).contiguous()
    return frames, labels


def test_image_and_labels_move_together_through_the_whole_change():
    frames, labels = painted()
    for seed in range(6):
        out = augment(frames, labels, (64, 64), AugmentSettings(), random(seed), padding=(60, 60, 60))
        grey = out.frames.float().mean(dim=1)
        middle = (grey.amin(dim=(1, 2)) + grey.amax(dim=(1, 2)))[:, None, None] / 2
        overlap = (
            ((grey > middle) & (out.labels == 1)).sum()
            * 2
            / ((grey > middle).sum() + (out.labels == 1).sum())
        )
        assert float(overlap) > 0.93


def test_only_the_generator_decides():
    frames, labels = painted()
    settings = AugmentSettings(corruption=CorruptionSettings(share=0.5))
    torch.manual_seed(1)
    one = augment(frames, labels, (64, 64), settings, random(3))
    torch.manual_seed(2)
    two = augment(frames, labels, (64, 64), settings, random(3))
    assert torch.equal(one.frames, two.frames)
    assert torch.equal(one.corrupted, two.corrupted)
    assert not torch.equal(one.frames, augment(frames, labels, (64, 64), settings, random(4)).frames)


def test_the_input_is_left_alone_and_the_output_is_bytes():
    frames, labels = painted()
    kept = frames.clone()
    out = augment(
        frames, labels, (64, 96), AugmentSettings(corruption=CorruptionSettings(share=1.0)), random()
    )
    assert torch.equal(frames, kept)
    assert (out.frames.shape, out.frames.dtype, out.labels.dtype) == (
        (4, 3, 64, 96),
        torch.uint8,
        torch.uint8,
    )


def test_a_scan_stays_grey():
    frames, labels = painted(channels=1)
    out = augment(
        frames, labels, (64, 64), AugmentSettings(corruption=CorruptionSettings(share=0.7)), random(1)
    )
    assert torch.equal(out.frames[:, 0], out.frames[:, 2])


def test_labels_of_spoilt_frames_still_say_what_is_there():
    frames, labels = painted()
    clean = augment(frames, labels, (64, 64), AugmentSettings(), random(7))
    spoilt = augment(
        frames, labels, (64, 64), AugmentSettings(corruption=CorruptionSettings(share=1.0)), random(7)
    )
    assert torch.equal(clean.labels, spoilt.labels)
    assert spoilt.corrupted.flatten(1).any(dim=1).tolist() == [False, True, True, True]
