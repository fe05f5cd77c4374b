from dataclasses import replace

import numpy as np
import pytest
import torch

from labelled import decoded
from nano import nano_litemedsam, nano_samed2_lite
from segmem.data.features import FeatureCache
from segmem.data.store import Store
from segmem.ops.augment import AugmentSettings
from segmem.train.case_features import features_by_frame


def scan(model, folder, kept: bool):
    rng = np.random.default_rng(0)
    case = replace(
        decoded("a", 6, kind="volume"), frames=rng.integers(0, 256, (6, 3, 48, 64), dtype=np.uint8)
    )
    cache = FeatureCache(Store(folder), model.spec.fit, "w", AugmentSettings(), 0, 0)
    return cache.open(case, model) if kept else case


@torch.no_grad()
@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("time", ["causal", "symmetric"])
def test_a_frame_is_seen_as_in_the_whole_case_wherever_one_begins(tmp_path, time, kept, monkeypatch):
    monkeypatch.setattr("segmem.predict.slices.Slices.__init__.__defaults__", (2,))
    model = nano_samed2_lite(time, last=1)
    case = scan(model, tmp_path, kept)
    whole = model.encode_clip(entering(model, case)[None])[0]
    seen = features_by_frame(model, case)
    for t in (4, 0, 3):
        assert torch.allclose(seen(t).top, whole[t].top, atol=0.05 if kept else 1e-4)


@torch.no_grad()
def test_frames_that_are_encoded_alone_are_given_as_they_are_kept(tmp_path):
    model = nano_litemedsam()
    case = scan(model, tmp_path, kept=True)
    top = features_by_frame(model, case)(2).top
    assert torch.equal(
        top[0].to(torch.bfloat16).view(torch.uint16), torch.from_numpy(case.features[2].copy())
    )


def entering(model, case):
    """The frames as the network takes them."""
    fit = case.fit(model.spec.fit)
    return model.prepare(torch.from_numpy(case.frames), replace(fit, size=fit.scaled), (0.0, 255.0))
