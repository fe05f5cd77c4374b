import pytest
import torch

from segmem.ops.augment import AugmentSettings, augment
from segmem.ops.trivial import OPERATIONS, TWO_WAYS, TrivialChange, draw_trivial


def random(seed=0):
    return torch.Generator().manual_seed(seed)


def frames(count=2):
    return torch.randint(0, 256, (count, 3, 40, 50), dtype=torch.uint8, generator=random(5))


def test_the_space_is_torchvisions_wide_one():
    from torchvision.transforms.v2 import TrivialAugmentWide

    theirs = TrivialAugmentWide._AUGMENTATION_SPACE
    named = {"Color": "colour", "Posterize": "posterise", "Solarize": "solarise", "Equalize": "equalise"}
    plain = {
        "ShearX": "shear_x",
        "ShearY": "shear_y",
        "TranslateX": "translate_x",
        "TranslateY": "translate_y",
    }
    ours = {(named | plain).get(name, name.lower()): signed for name, (_, signed) in theirs.items()}
    assert set(ours) == set(OPERATIONS)
    assert {name for name, signed in ours.items() if signed} == set(TWO_WAYS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_changes_place_or_look_as_torchvisions_does(name):
    from torchvision.transforms.v2 import functional as change

    made = TrivialChange(name, 0.5)
    seen = frames()
    expected = {
        "brightness": lambda: change.adjust_brightness(seen, 1.495),
        "colour": lambda: change.adjust_saturation(seen, 1.495),
        "contrast": lambda: change.adjust_contrast(seen, 1.495),
        "sharpness": lambda: change.adjust_sharpness(seen, 1.495),
        "posterise": lambda: change.posterize(seen, 5),
        "solarise": lambda: change.solarize(seen, 127.5),
        "autocontrast": lambda: change.autocontrast(seen),
        "equalise": lambda: change.equalize(seen),
    }.get(name, lambda: seen)()
    assert torch.equal(made.look(seen), expected)
    moves = name in ("rotate", "shear_x", "shear_y", "translate_x", "translate_y")
    assert torch.equal(made.place(50), torch.eye(3)) != moves


def test_a_shift_goes_as_many_pixels_and_a_turn_as_many_degrees_as_they_say():
    assert float(TrivialChange("translate_x", -0.5).place(64)[0, 2]) * 64 == -16
    turn = TrivialChange("rotate", 90 / 135).place(64)
    assert torch.allclose(turn[:2, :2], torch.tensor([[0.0, -1.0], [1.0, 0.0]]), atol=1e-6)


def test_every_operation_and_both_directions_are_drawn():
    drawn = [draw_trivial(random(seed)) for seed in range(600)]
    assert {change.name for change in drawn} == set(OPERATIONS)
    assert min(change.strength for change in drawn if change.name == "rotate") < 0
    assert all(change.strength >= 0 for change in drawn if change.name not in TWO_WAYS)


def test_all_frames_of_a_clip_change_alike_and_labels_follow():
    still = frames(1).expand(3, -1, -1, -1)
    labels = (still[:, 0] > 128).byte()
    settings = AugmentSettings(trivial=True)
    for seed in range(12):
        out = augment(still, labels, (40, 50), settings, random(seed))
        assert torch.equal(out.frames[0], out.frames[2])
        assert torch.equal(out.labels[0], out.labels[2])


def test_frames_of_a_still_drift_apart():
    still = frames(1).expand(3, -1, -1, -1)
    out = augment(still, still[:, 0], (40, 50), AugmentSettings(trivial=True), random(1), motion=True)
    assert not torch.equal(out.frames[0], out.frames[2])
