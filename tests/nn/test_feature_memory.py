from dataclasses import replace

import pytest
import torch

from segmem.core import Features
from segmem.core.errors import UsageError
from segmem.memory import Memory
from segmem.nn.feature_memory import FeatureMemory, Looked
from segmem.nn.feature_memory_settings import FeatureMemorySettings
from segmem.nn.memory_attention import MemoryAttentionSettings

SMALL = MemoryAttentionSettings(width=16, memory_width=8, layers=1, ffn=32)


def part(trained: bool = False, **settings: object) -> FeatureMemory:
    torch.manual_seed(0)
    chosen = FeatureMemorySettings(**{"attention": SMALL, **settings})
    memory = FeatureMemory(12, chosen, capacity=3).eval()
    if trained:
        torch.nn.init.normal_(memory.back.weight)
    return memory


def alone(top: torch.Tensor) -> Looked:
    """A frame that had nothing to look back at."""
    return Looked(top, Features(top))


def read(valid: list[list[bool]], tokens: int = 15) -> Memory:
    seen = torch.tensor(valid)
    age = torch.arange(1, seen.shape[1] + 1).expand(seen.shape)
    return Memory(torch.randn(*seen.shape, tokens, 8), age, torch.zeros_like(seen), seen)


def test_an_untrained_one_returns_its_input():
    top = torch.randn(2, 12, 3, 5)
    assert torch.equal(part().attend(Features(top), read([[True, True], [True, False]])).top, top)


def test_a_row_with_nothing_to_look_at_comes_back_unchanged():
    top = torch.randn(2, 12, 3, 5)
    out = part(trained=True).attend(Features(top), read([[False, False], [True, False]])).top
    assert torch.equal(out[0], top[0])
    assert not torch.allclose(out[1], top[1])
    assert out.isfinite().all()


def test_gradients_survive_a_row_with_nothing_to_look_at():
    memory = part(trained=True)
    memory.attend(
        Features(torch.randn(2, 12, 3, 5)), read([[False, False], [True, False]])
    ).top.sum().backward()
    assert all(p.grad.isfinite().all() for p in memory.parameters() if p.grad is not None)


def test_pooling_makes_fewer_tokens():
    top, foreground = torch.randn(1, 12, 3, 5), torch.rand(1, 1, 48, 80)
    assert part().memorise(alone(top), foreground).shape == (1, 15, 8)
    assert part(pool=2).memorise(alone(top), foreground).shape == (1, 6, 8)


def test_a_foreground_map_of_another_size_is_resized():
    top = torch.randn(1, 12, 3, 5)
    whole, half = torch.ones(1, 1, 96, 160), torch.ones(1, 1, 48, 80)
    assert torch.allclose(
        part().memorise(alone(top), whole),
        part().memorise(alone(top), half),
        atol=1e-5,
    )


def test_an_untrained_one_reads_each_cell_where_it_is():
    wide = SMALL.model_copy(update={"width": 128})
    memory = part(attention=wide)
    torch.nn.init.normal_(memory.back.weight)
    marked, empty = read([[True]]), read([[True]])
    tokens = torch.zeros(1, 1, 15, 8)
    tokens[0, 0, 7] = 0.1  # row 1, column 2 of (3, 5)
    marked, empty = replace(marked, tokens=tokens), replace(empty, tokens=tokens * 0)
    top = torch.randn(1, 12, 3, 5)
    change = (
        (memory.attend(Features(top), marked).top - memory.attend(Features(top), empty).top)
        .abs()
        .mean(dim=1)[0]
    )
    assert change.flatten().argmax() == 7
    assert change[1, 2] > 3 * change[:, 4].max()


def test_a_closed_gate_leaves_the_floor():
    top, memory = torch.randn(1, 12, 3, 5), part(trained=True)
    torch.nn.init.zeros_(memory.gate.weight)
    opened, closed = [], []
    seen = read([[True]])
    for bias, kept in ((50.0, opened), (-50.0, closed)):
        torch.nn.init.constant_(memory.gate.bias, bias)
        for floor in (0.0, 0.25):
            memory.settings = memory.settings.model_copy(update={"floor": floor})
            kept.append(memory.attend(Features(top), seen).top - top)
    assert torch.allclose(closed[0], torch.zeros(()), atol=1e-6)
    assert torch.allclose(closed[1], 0.25 * opened[1], atol=1e-5)
    assert torch.equal(opened[0], opened[1])


def test_a_gate_on_cells_takes_memory_where_the_frame_is_spoilt_and_nowhere_else(monkeypatch):
    top, memory = torch.randn(1, 12, 3, 5), part(trained=True, gate_by="cell")
    doubt = torch.full((1, 1, 3, 5), -50.0)
    doubt[..., 3:] = 50.0
    monkeypatch.setattr(memory.gate, "doubt", lambda *_: doubt)
    change = memory.attend(Features(top), read([[True]])).top - top
    assert change[..., :3].abs().max() < 1e-6
    assert change[..., 3:].abs().mean() > 1e-2


DIFFERENCES = {
    "channels": "groups",
    "grid": 4,
    "combine": "replace",
    "mask": "coarse",
    "mask_values": "sigmoid",
    "recency": False,
    "straight": False,
    "gate": False,
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_each_difference_of_the_paper_or_its_code_is_a_setting_of_its_own(name):
    chosen = {name: DIFFERENCES[name]}
    width = SMALL.model_copy(update={"width": 8}) if name == "channels" else SMALL
    memory = part(attention=width, **chosen)
    top = torch.randn(2, 12, 3, 5)
    kept = memory.memorise(alone(top), torch.rand(2, 1, 48, 80))
    seen = torch.tensor([[True], [False]])
    looked = memory.attend(
        Features(top), Memory(kept[:, None], torch.ones(2, 1).long(), torch.zeros(2, 1).long(), seen)
    )
    assert looked.top.shape == top.shape
    assert torch.equal(looked.top[1], top[1])
    assert torch.equal(looked.top[0], top[0]) == (name != "replace" and chosen.get("combine") != "replace")
    assert kept.isfinite().all()


@torch.no_grad()
def test_a_coarse_mask_holds_no_shape_and_a_full_one_does():
    top = torch.zeros(1, 12, 4, 4)
    left, right = torch.zeros(1, 1, 64, 64), torch.zeros(1, 1, 64, 64)
    left[..., :32], right[..., 32:] = 1, 1
    told = {}
    for mask in ("coarse", "full"):
        memory = part(mask=mask)
        told[mask] = (memory.memorise(alone(top), left) - memory.memorise(alone(top), right)).unflatten(
            1, (4, 4)
        )
    assert float(told["coarse"].std(dim=(1, 2)).max()) < 1e-5
    assert float(told["full"].std(dim=(1, 2)).max()) > 1e-3


def test_groups_of_channels_share_a_memory_with_as_many_tokens():
    memory = part(channels="groups", attention=SMALL.model_copy(update={"width": 6}))
    kept = memory.memorise(alone(torch.randn(2, 12, 3, 5)), torch.rand(2, 1, 48, 80))
    assert kept.shape == (2, 2 * 15, 8)


@torch.no_grad()
def test_classes_kept_apart_are_remembered_apart():
    first = torch.zeros(1, 2, 48, 80)
    first[:, 0, :24], first[:, 1, 24:] = 1, 1
    told = {}
    for classes in ("merged", "apart"):
        torch.manual_seed(0)
        chosen = FeatureMemorySettings(attention=SMALL, classes=classes)
        memory = FeatureMemory(12, chosen, capacity=3, classes=2).eval()
        top = torch.zeros(1, 12, 3, 5)
        kept = [memory.memorise(alone(top), mask) for mask in (first, first.flip(1))]
        told[classes] = torch.allclose(*kept, atol=1e-6)
    assert told == {"merged": True, "apart": False}
    with pytest.raises(UsageError, match="keeps 2 classes apart; it was told of 1"):
        memory.memorise(alone(top), first[:, :1])
