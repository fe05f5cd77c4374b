from dataclasses import replace

import pytest
import torch

from segmem.continual.sureness import sureness
from segmem.core import Prediction
from segmem.data.prompts import PromptSettings

BOX = PromptSettings(box=1, given=0, slack=0)


def test_it_is_the_predicted_quality_but_no_more_than_what_is_right(course, monkeypatch):
    made = course(0)
    model = made.model.eval()
    (case, *_) = made.material.of(())[0].cases
    truth = torch.from_numpy(case.labels[0].copy()).float()
    grid = torch.zeros(1, 1, 64, 64)
    grid[0, 0, : truth.shape[0], : truth.shape[1]] = truth * 20 - 10

    def answer(share: float):
        logits = torch.where(grid > 0, 10.0, -10.0)
        rows = (logits[0, 0] > 0).nonzero()[:, 0].unique()
        logits[0, 0, rows[int(len(rows) * share) :]] = -10
        found = Prediction(torch.cat([0 * logits, logits], dim=1), torch.ones(1), (1,), torch.tensor([[0.8]]))
        monkeypatch.setattr(type(model), "step", lambda *_, **__: (found, None))
        return sureness(model, case, BOX)

    assert answer(1.0) == pytest.approx(0.8)
    assert answer(0.5) == pytest.approx(0.5)
    assert answer(0.0) == 0


def test_it_is_the_same_at_each_call_and_changes_nothing(course):
    made = course(0)
    model = made.model.eval()
    case = made.material.of(())[0].cases[0]
    before = torch.get_rng_state()
    wish = PromptSettings(box=0, given=0, points=1)
    assert sureness(model, case, wish) == sureness(model, replace(case), wish)
    assert torch.equal(before, torch.get_rng_state())
