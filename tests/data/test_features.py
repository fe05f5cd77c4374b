from dataclasses import replace

import numpy as np
import pytest
import torch

from labelled import Grey, decoded, square
from segmem.data.cache import CachedCase
from segmem.data.features import FeatureCache, features_of, grid_labels
from segmem.data.store import Store
from segmem.ops.augment import AugmentSettings
from segmem.ops.fit import FitSettings

FIT = FitSettings(longest=64)


def cache(folder, **changes) -> FeatureCache:
    values = {"mark": "weights", "augment": AugmentSettings(), "moving": 4, "seed": 0}
    return FeatureCache(Store(folder), FIT, **(values | changes))


def test_every_frame_is_encoded_with_its_label(tmp_path):
    case = replace(decoded("a", 6, labelled=[0, 2, 3]), size=(96, 128))  # of the file; it was halved
    held = cache(tmp_path).open(case, Grey())
    assert held.features.shape == (6, 1, 4, 4)
    assert held.length == 6
    assert held.labels is case.labels
    assert held.labelled is case.labelled
    features = features_of(held, np.array([4, 0]))
    assert features.dtype == torch.bfloat16
    assert features[:, 0, :3].unique(dim=0).shape[0] == 2
    assert (features[0, 0, :3] == 80).all()
    assert (features[1, 0, :3] == 0).all()
    assert (features[:, 0, 3] == 0).all(), "the frame is padded below"


def test_a_second_opening_encodes_nothing(tmp_path):
    encoder = Grey()
    first = cache(tmp_path).open(decoded("a", 6), encoder)
    second = cache(tmp_path).open(decoded("a", 6), encoder)
    assert encoder.encoded == 6
    assert np.array_equal(first.features, second.features)
    assert isinstance(second.features, np.memmap)


@pytest.mark.parametrize("change", [{"mark": "others"}, {"fit": FitSettings(longest=64, multiple=64)}])
def test_other_weights_or_another_grid_are_encoded_anew(tmp_path, change):
    encoder = Grey()
    one = cache(tmp_path)
    one.open(decoded("a", 2), encoder)
    replace(one, **change).open(decoded("a", 2), encoder)
    one.open(decoded("a", 2), encoder)
    assert encoder.encoded == 2 + 2


def still(name: str = "a") -> CachedCase:
    rng = np.random.default_rng(0)
    return replace(decoded(name, 1), frames=rng.integers(0, 256, (1, 3, 48, 64), dtype=np.uint8))


def test_a_still_image_becomes_a_clip_that_drifts_with_its_labels(tmp_path):
    held = cache(tmp_path).open(still(), Grey())
    assert (held.kind, held.length, held.features.shape) == ("video", 4, (4, 1, 4, 4))
    assert held.labelled.all()
    assert not np.array_equal(held.labels[0], held.labels[3])
    assert not np.array_equal(held.features[0], held.features[3])
    assert held.labels.any(axis=(1, 2)).all()


def test_what_is_made_of_a_still_depends_on_seed_and_name_alone(tmp_path):
    torch.manual_seed(5)
    one = cache(tmp_path / "one").open(still(), Grey())
    torch.manual_seed(6)
    same = cache(tmp_path / "two").open(still(), Grey())
    assert np.array_equal(one.labels, same.labels)
    assert np.array_equal(one.features, same.features)
    for other in (
        cache(tmp_path / "one", seed=1).open(still(), Grey()),
        cache(tmp_path / "one").open(still("b"), Grey()),
    ):
        assert not np.array_equal(one.labels, other.labels)
        assert not np.array_equal(one.features, other.features)
    assert cache(tmp_path / "one", moving=2).open(still(), Grey()).features.shape[0] == 2


def test_cases_of_one_name_from_two_sources_are_kept_apart(tmp_path):
    bright = decoded("a", 3)
    bright.frames[...] += 100
    cache(tmp_path).open(decoded("a", 3), Grey())
    held = cache(tmp_path).open(bright, Grey())
    assert (features_of(held, np.array([0]))[0, 0, :3] == 100).all()


def test_an_encoding_that_breaks_off_leaves_nothing(tmp_path):
    class Broken(Grey):
        def enter(self, frame):
            if self.encoded == 2:
                raise KeyboardInterrupt
            return super().enter(frame)

    with pytest.raises(KeyboardInterrupt):
        cache(tmp_path).open(decoded("a", 4), Broken())
    assert cache(tmp_path).open(decoded("a", 4), Grey()).features.shape[0] == 4


def test_labels_come_on_the_model_s_grid_in_the_order_asked_for():
    case = decoded("a", 3, labelled=[0, 2])
    maps = grid_labels(case, np.array([2, 1]), FIT)
    assert maps.shape == (2, 64, 64)
    assert np.array_equal(maps[0, :48], square(1))
    assert not maps[0, 48:].any()
    assert not maps[1].any()
