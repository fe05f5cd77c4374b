import subprocess
import sys

import pytest
import torch

from segmem.core import Features
from segmem.core.errors import SurroundingsError
from segmem.methods.build import build
from segmem.methods.sam2 import NANO
from segmem.methods.spec import ModelSpec
from segmem.predict import budget as module
from segmem.predict.budget import WORK, Budget

FEATURES = Features(torch.zeros(1, 32, 10, 10))


@pytest.fixture
def model():
    return build(ModelSpec(method="sam2", sam2=NANO, input="any"))


@pytest.fixture
def used(monkeypatch):
    monkeypatch.setattr(module, "peak", lambda _device: 1_000_000_000)
    return 1_000_000_000


def test_as_many_objects_go_at_once_as_fit_beside_what_is_kept_of_all(model, used):
    kept = 20 * model.bytes_kept(FEATURES)
    budget = Budget(used + kept + 3 * 100 * WORK + 1)
    assert budget.together(model, FEATURES, 20) == 3


def test_no_more_go_than_there_are(model, used):
    assert Budget(used + 10**9).together(model, FEATURES, 2) == 2


def test_too_little_is_refused_with_what_would_do(model, used):
    with pytest.raises(SurroundingsError, match=r"1\.00 GB is too little for 5 objects") as refused:
        Budget(used).together(model, FEATURES, 5)
    assert "are needed" in str(refused.value)


def test_bytes_kept_is_the_size_of_a_full_state(model):
    from segmem.core import PromptBatch
    from segmem.state import State

    box = torch.tensor([[[2.0, 2, 30, 30]] * 3])
    with torch.inference_mode():
        features = model.eval().encode(torch.randn(1, 3, 64, 64))
        _, state = model.step(features, State.start(), PromptBatch((1, 2, 3), boxes=box))
    tokens = [state.memory.tokens, state.pointers.tokens]
    assert sum(t.numel() * t.element_size() for t in tokens) == 3 * model.bytes_kept(features)


FOLLOW = """
import sys, torch
from segmem.core import Prompt
from segmem.methods.build import build
from segmem.methods.sam2 import sam2_settings
from segmem.methods.spec import ModelSpec
from segmem.ops.fit import FitSettings
from segmem.predict.budget import Budget
from segmem.predict.compute import Compute
from segmem.predict.stream import Viewer
from segmem.state import State
torch.set_num_threads(1)
spec = ModelSpec(method="sam2", sam2=sam2_settings("tiny"), input="any", fit=FitSettings(longest=256, square=True))
model = build(spec).eval().requires_grad_(False)
from segmem.predict import budget
peak = lambda: budget.peak(torch.device("cpu"))
frame = torch.randint(0, 255, (3, 256, 256), dtype=torch.uint8)
prompts = [Prompt(0, one, (10, 10, 200, 200)) for one in range(1, 49)]
Viewer(model, Compute(torch.device("cpu"), torch.float32)).look(frame, State.start(), prompts[:1])
room = int(sys.argv[1])
limit = peak() + room
viewer = Viewer(model, Compute(torch.device("cpu"), torch.float32), budget=Budget(limit) if room else None)
if not room:
    viewer.model.together = 48
before = peak()
viewer.look(frame, State.start(), prompts)
print(viewer.model.together, peak() - before, limit)
"""


def follow(room):
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", FOLLOW, str(room)], check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    together, grown, _ = done.stdout.split()
    return together, int(grown)


@pytest.mark.skipif(sys.platform == "win32", reason="the peak of a process is not known there")
def test_48_objects_keep_to_a_limit_that_they_exceed_without_one():
    room = 120_000_000
    together, grown = follow(room)
    assert int(together) >= 1
    assert grown <= room
    _, free = follow(0)
    assert free > room


def test_a_model_that_took_more_already_is_refused(used):
    Budget(used).require(torch.device("cpu"))
    with pytest.raises(
        SurroundingsError, match=r"999 MB is too little: the model and one frame took 1\.00 GB"
    ):
        Budget(used - 1_000_000).require(torch.device("cpu"))


def test_the_peak_is_of_this_process_and_in_bytes():
    before = module.peak(torch.device("cpu"))
    held = torch.ones(50_000_000)
    assert 1e8 < before < 1e11
    assert module.peak(torch.device("cpu")) >= before
    assert len(held)
