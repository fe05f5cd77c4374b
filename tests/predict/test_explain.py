import json

import pytest
import torch

from nano import nano_samed2
from segmem.core import PromptBatch
from segmem.memory import CaseMemory
from segmem.memory.bank_file import Record
from segmem.memory.cases import kept
from segmem.predict.explain import Explanation, beside
from segmem.state import State

BOX = PromptBatch((1,), boxes=torch.tensor([[(10.0, 8.0, 50.0, 44.0)]]))


@torch.no_grad()
def bank_of(model, count=4):
    bank = None
    for seed in range(count):
        image = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(seed))
        _, state = model.step(image, State.start(cases=CaseMemory(bank, room=2)), BOX)
        bank, _ = kept(state.cases, model.across.policy)
    return bank


def test_entries_come_with_score_and_share_the_fittest_first():
    model = nano_samed2()
    state = State.start(cases=CaseMemory(bank_of(model)))
    told = Explanation({2: Record(task="liver")})
    with torch.no_grad():
        features = model.encode(torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(2)))
    told.note(model, features, state, 7)
    used = told.frames[7]
    assert len(used) == model.across.policy.top_k
    assert sum(entry["attention"] for entry in used) == pytest.approx(1, abs=1e-4)
    scores = [entry["score"] for entry in used]
    assert scores == sorted(scores, reverse=True)
    assert {entry["task"] for entry in used if entry["entry"] == 2} <= {"liver"}


def test_a_frame_without_a_bank_used_nothing():
    model = nano_samed2()
    told = Explanation({})
    with torch.no_grad():
        told.note(model, model.encode(torch.randn(1, 3, 64, 64)), State.start(), 0)
    assert told.frames == {0: []}


def test_it_is_written_in_a_folder_or_beside_a_file(tmp_path):
    told = Explanation({}, {3: [], 1: []})
    assert told.write(tmp_path) == tmp_path / "explain.json"
    assert json.loads((tmp_path / "explain.json").read_text())["frames"][0]["frame"] == 1
    assert told.write(tmp_path / "liver.nii.gz") == tmp_path / "liver.explain.json"
    assert beside(tmp_path / "a.png").name == "a.explain.json"
