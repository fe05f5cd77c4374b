import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from labelled import decoded, write_images
from nano import nano_litemedsam, nano_samed2_lite
from segmem.core import Prediction
from segmem.data.prompts import PromptSettings
from segmem.memory import Confidence
from segmem.methods.load import read_spec
from segmem.train import qualities as module
from segmem.train.loop import train
from segmem.train.qualities import quality_of, with_quality_temperature
from segmem.train.settings import TrainSettings
from tiny_stream import PRESET

BOX = PromptSettings(box=1, given=0, slack=0)


@pytest.fixture(scope="module")
def model():
    return nano_samed2_lite(None)


def cases(count: int):
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (1, 3, 48, 64), dtype=np.uint8)
    return [replace(decoded(f"c{number}", 1), frames=frames) for number in range(count)]


def pretend(monkeypatch, predicted: float, true):
    """Answers of which the network predicts one quality and of which `true` gives the other, one after another."""
    given = iter(true)
    monkeypatch.setattr(module, "quality_of", lambda *_: (predicted, next(given)))


def test_it_is_what_is_predicted_and_what_is_right(model, monkeypatch):
    (case,) = cases(1)
    truth = torch.zeros(1, 1, 64, 64)
    truth[0, 0, :48, :64] = torch.from_numpy(np.array(case.labels[0])).float()
    rows = truth[0, 0].nonzero()[:, 0].unique()
    truth[0, 0, rows[: len(rows) // 4]] = 0
    logits = torch.cat([0 * truth, truth * 20 - 10], dim=1)
    answer = Prediction(logits, torch.ones(1), (1,), torch.tensor([[0.9]]))
    monkeypatch.setattr(type(model), "step", lambda *_, **__: (answer, None))
    assert quality_of(model, case, 0, BOX) == pytest.approx((0.9, 0.75))


def test_a_frame_that_shows_next_to_nothing_is_left_out(model):
    (case,) = cases(1)
    labels = np.zeros_like(np.array(case.labels))
    labels[0, 4:6, 4:6] = 1
    assert quality_of(model, replace(case, labels=labels), 0, BOX) is None


def test_qualities_that_promise_too_much_count_for_less(model, monkeypatch):
    pretend(monkeypatch, 0.95, [0.8] * 10)
    fitted = with_quality_temperature(model, model.spec, cases(10), BOX).samed2.cases
    assert fitted.temperature > 1.5
    assert float(fitted.worth(torch.tensor([[0.95]]))) == pytest.approx(0.8, abs=1e-3)
    assert fitted.model_copy(update={"temperature": 1.0}) == model.spec.samed2.cases


def test_few_answers_fit_nothing(model, monkeypatch):
    pretend(monkeypatch, 0.95, [0.8] * 7)
    assert with_quality_temperature(model, model.spec, cases(7), BOX) == model.spec


def test_nothing_is_fitted_where_no_calibrated_quality_is_read(model, monkeypatch):
    def asked(*_):
        raise AssertionError("nothing is to be measured")

    monkeypatch.setattr(module, "quality_of", asked)
    paper = model.spec.samed2.model_copy(update={"cases": Confidence.variant("paper")})
    spec = model.spec.model_copy(update={"samed2": paper})
    assert with_quality_temperature(model, spec, cases(9), BOX) == spec
    plain = nano_litemedsam()
    assert with_quality_temperature(plain, model.spec, cases(9), BOX) == model.spec


def test_a_run_s_weights_say_the_temperature_of_its_validation_cases(tmp_path, monkeypatch):
    names = [f"n{number}" for number in range(11)]
    write_images(tmp_path / "data" / "stills", names)
    values = copy.deepcopy(PRESET)
    values["model"] |= {
        "method": "samed2",
        "samed2": {"temporal": None, "cases": {"capacity": 6, "top_k": 3}},
    }
    values["data"] |= {"sources": [{"path": "stills"}], "validation": names[:9]}
    values["stages"][0] |= {"steps": 2, "prompted": {"parts": ["decoder"], "prompts": {"box": 1, "given": 0}}}

    def make(spec, own=None):
        made = nano_samed2_lite(None)
        made.spec = spec
        return made.train()

    monkeypatch.setattr("segmem.train.beginning.build", make)
    whole = train(TrainSettings.model_validate(values), tmp_path / "data", tmp_path / "run", quiet=True)
    assert read_spec(whole).samed2.cases.temperature != 1.0
