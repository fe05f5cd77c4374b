"""The forward path of prompted objects, around a network that writes down what it is asked."""

from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Features, PromptBatch
from segmem.decoding import PREVIOUS, SURE
from segmem.memory import Support
from segmem.methods.spec import ModelSpec
from segmem.nn.promptable import ABSENT, ObjectMasks
from segmem.prompted import PromptedSegmenter
from segmem.state import State

NAN = float("nan")
BOX = (4.0, 4.0, 20.0, 20.0)
NO_BOX = (NAN,) * 4


@dataclass
class Heard:
    """What one part was called with."""

    name: str
    given: dict[str, object] = field(default_factory=dict)


class Echo(nn.Module):
    """Its features are the frame's cells; alone they are raised by 1, and by 10 for each memory that is read.

    Logits are the features, 4 x 4 pixels a cell, so that an answer tells what its row has looked at.
    """

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Heard] = []
        self.reads_masks = self.mends = True

    def asked(self, name: str) -> list[dict[str, object]]:
        return [one.given for one in self.heard if one.name == name]

    def encode(self, frame: Tensor) -> Features:
        top = F.avg_pool2d(frame[:, :1], 16)
        return Features(top, (F.avg_pool2d(frame[:, :1], 4),))

    def alone(self, top: Tensor) -> Tensor:
        return top + 1

    def attend(self, top, memory, pointers, horizon):
        given = {"top": top, "memory": memory, "pointers": pointers, "horizon": horizon}
        self.heard.append(Heard("attend", given))
        rows = top.repeat_interleave(len(memory.valid) // len(top), dim=0)
        return rows + 10 * memory.valid.sum(dim=1)[:, None, None, None]

    def decode(self, top, skips, points=None, mask=None, multimask=True):
        given = {"top": top, "skips": skips, "points": points, "mask": mask, "multimask": multimask}
        self.heard.append(Heard("decode", given))
        value = top.mean(dim=(1, 2, 3))
        return ObjectMasks(
            top.repeat_interleave(4, 2).repeat_interleave(4, 3), value, top.flatten(1), value + 1
        )

    def mask_prompt(self, mask: Tensor) -> Tensor:
        return F.avg_pool2d(mask, 4)

    def pointer(self, token: Tensor, presence: Tensor) -> Tensor:
        return torch.where((presence > 0)[:, None], token * 2, -1.0)

    def memorise(self, top: Tensor, mask: Tensor, presence: Tensor) -> Tensor:
        self.heard.append(Heard("memorise", {"top": top, "mask": mask, "presence": presence}))
        return mask.mean(dim=(2, 3), keepdim=False)[:, None]

    def mask_size(self, top: Tensor) -> tuple[int, int]:
        return top.shape[-2] * 16, top.shape[-1] * 16

    def memory_parameters(self):
        return iter(())


def segmenter(**changes: object) -> PromptedSegmenter:
    spec = ModelSpec(method="sam2").model_copy(update=changes)
    pointers = Support(pinned=2, recent=3, past_only=True)
    return PromptedSegmenter(Echo(), Support(pinned=2), pointers, spec).eval()


def frame(*values: float) -> Tensor:
    """(B, 3, 32, 48) of one value each."""
    return torch.tensor(values)[:, None, None, None].expand(-1, 3, 32, 48).clone()


def boxes(*each: tuple[float, ...], objects: tuple[int, ...] = (1,)) -> PromptBatch:
    """For one stream."""
    return PromptBatch(objects, boxes=torch.tensor([each]))


def points(*each: tuple[float, float, int], objects: tuple[int, ...] = (1,)) -> PromptBatch:
    return PromptBatch(objects, points=torch.tensor([[each]], dtype=torch.float32))


def near(found: Tensor, value: float) -> bool:
    return torch.allclose(found, torch.tensor(value))


@torch.no_grad()
def walk(model, frames, prompts, state=None, **how):
    state, each = state or State.start(), []
    for one in frames:
        prediction, state = model.step(one, state, prompts.get(state.frame), **how)
        each.append(prediction)
    return each, state


def test_before_the_first_prompt_all_is_background_and_nothing_is_remembered():
    (prediction,), state = walk(segmenter(), [frame(1.0, 2.0)], {})
    assert prediction.logits.shape == (2, 1, 8, 12)
    assert not prediction.labels.any()
    assert prediction.score.tolist() == [1, 1]
    assert (state.frame, state.memory, state.objects) == (1, None, ())


def test_the_rooms_of_a_prompted_and_of_a_followed_frame():
    model = segmenter()
    (first, second), state = walk(model, [frame(3.0), frame(5.0)], {0: boxes(BOX)})
    assert [one.name for one in model.network.heard] == ["decode", "memorise", "attend", "decode", "memorise"]
    assert (first.logits[0, 1] == 3 + 1).all()
    assert (second.logits[0, 1] == 5 + 10).all()
    assert (first.logits[0, 0] == 0).all()
    assert first.objects == (1,)
    assert state.frame == 2
    assert state.memory.frame[0].tolist()[:3] == [0, -1, 1]
    assert state.memory.pinned[0].tolist()[:3] == [True, False, False]
    assert state.pointers.tokens[0, 0, 0].tolist() == [8.0] * 6


def test_a_prompted_mask_is_remembered_hard_and_a_followed_one_as_it_is():
    model = segmenter()
    walk(model, [frame(0.5), frame(-9.5)], {0: boxes(BOX)})
    prompted, followed = (asked["mask"] for asked in model.network.asked("memorise"))
    assert prompted.shape == (1, 1, 32, 48)
    assert (prompted == 10).all()
    assert torch.allclose(followed, 20 * torch.tensor(0.5).sigmoid() - 10)


def test_memory_is_made_of_the_frame_s_own_features():
    model = segmenter()
    walk(model, [frame(3.0), frame(5.0)], {0: boxes(BOX)})
    assert [float(asked["top"].mean()) for asked in model.network.asked("memorise")] == [3, 5]


def test_a_later_object_begins_while_the_others_are_followed():
    model = segmenter()
    prompts = {0: boxes(BOX, objects=(4,)), 1: boxes(BOX, objects=(2,))}
    (_, second, third), state = walk(model, [frame(3.0), frame(5.0), frame(7.0)], prompts)
    assert state.objects == (4, 2)
    assert second.objects == (4, 2)
    assert second.logits[0, 1:, 0, 0].tolist() == [15, 6]
    assert third.logits[0, 1:, 0, 0].tolist() == [7 + 20, 7 + 10]
    (attended,) = model.network.asked("attend")[:1]
    assert len(attended["memory"].valid) == len(attended["pointers"].valid) == 1


def test_a_later_prompt_starts_from_what_memory_says():
    model = segmenter()
    prompts = {0: boxes(BOX), 1: points((9, 9, 0))}
    walk(model, [frame(3.0), frame(50.0)], prompts)
    _, before, corrected = model.network.asked("decode")
    assert before["points"] is None
    assert (corrected["mask"] == PREVIOUS).all()
    assert (corrected["top"] == 60).all()
    assert corrected["points"].tolist() == [[[9, 9, 0]]]


@pytest.mark.parametrize(
    ("prompt", "many"),
    [
        (points((9, 9, 1)), True),
        (points((9, 9, 1), (1, 1, 0)), False),
        (boxes(BOX), False),
    ],
)
def test_only_a_single_point_can_mean_several_masks(prompt, many):
    model = segmenter()
    walk(model, [frame(3.0)], {0: prompt})
    (asked,) = model.network.asked("decode")
    assert asked["multimask"] is many
    assert asked["mask"] is None


def test_a_mask_is_the_answer_and_its_object_is_there():
    model = segmenter()
    mask = torch.zeros(1, 1, 32, 48)
    mask[..., :16, :24] = 1
    (first,), _ = walk(model, [frame(-3.0)], {0: PromptBatch((1,), mask=mask)})
    assert near(first.logits[0, 1, :3, :5], SURE)
    assert near(first.logits[0, 1, 5:], -SURE)
    assert first.quality.tolist() == [[1]]
    (asked,) = model.network.asked("decode")
    assert asked["multimask"] is False
    assert (asked["top"] == -3).all(), "a mask is decoded on features that nothing was added to"
    assert asked["mask"].shape == (1, 1, 8, 12)
    assert float(model.network.asked("memorise")[0]["presence"]) == SURE


def test_an_empty_mask_says_that_the_object_is_not_there():
    model = segmenter()
    nothing = PromptBatch((1,), mask=torch.zeros(1, 1, 32, 48))
    (first,), _ = walk(model, [frame(3.0)], {0: nothing})
    assert near(first.logits[0, 1], -SURE)
    assert float(model.network.asked("memorise")[0]["presence"]) == -SURE


def test_prompts_of_all_kinds_on_one_frame_each_find_their_row():
    model = segmenter()
    mask = torch.full((1, 4, 32, 48), NAN)
    mask[0, 1] = 1
    said = PromptBatch(
        (1, 2, 3, 4),
        boxes=torch.tensor([[BOX, NO_BOX, NO_BOX, NO_BOX]]),
        mask=mask,
        points=torch.tensor([[[(0, 0, -1)], [(0, 0, -1)], [(5, 6, 1)], [(0, 0, -1)]]], dtype=torch.float32),
    )
    (first,), state = walk(model, [frame(3.0)], {0: said})
    assert first.logits[0, 1:, 0, 0].tolist() == pytest.approx([4, SURE, 4, ABSENT])
    assert state.memory.used[:, 0].tolist() == [True, True, True, False]
    assert state.memory.pinned[:, 0].tolist() == [True, True, True, False]


def test_an_object_of_one_stream_is_unknown_to_the_other():
    model = segmenter()
    said = PromptBatch((1,), boxes=torch.tensor([[NO_BOX], [BOX]]))
    (first, second), state = walk(model, [frame(3.0, 4.0), frame(5.0, 6.0)], {0: said})
    assert first.logits[:, 1, 0, 0].tolist() == [ABSENT, 5]
    assert second.logits[:, 1, 0, 0].tolist() == [ABSENT, 16]
    assert state.memory.used.sum(dim=1).tolist() == [0, 2]


def test_each_row_is_decoded_with_the_skips_of_its_own_image():
    model = segmenter()
    said = PromptBatch((1,), boxes=torch.tensor([[NO_BOX], [BOX]]))
    walk(model, [frame(3.0, 4.0)], {0: said})
    silent, prompted = (
        asked["skips"][0].mean(dim=(1, 2, 3)).tolist() for asked in model.network.asked("decode")
    )
    assert (silent, prompted) == ([3], [4])


def test_without_recall_an_object_is_found_on_its_prompted_frames_only_and_nothing_is_written():
    model = segmenter()
    (first, second), state = walk(model, [frame(3.0), frame(5.0)], {0: boxes(BOX)}, recall=False)
    assert (first.logits[0, 1] == 4).all()
    assert (second.logits[0, 1] == ABSENT).all()
    assert (state.frame, state.memory, state.objects) == (2, None, (1,))


def test_without_recall_what_is_remembered_is_not_read():
    model = segmenter()
    _, state = walk(model, [frame(3.0)], {0: boxes(BOX)})
    (second,), _ = walk(model, [frame(5.0)], {}, state, recall=False)
    assert (second.logits[0, 1] == ABSENT).all()


def test_a_mask_for_a_followed_object_is_taken_and_memory_is_not_asked():
    model = segmenter()
    mask = PromptBatch((1,), mask=torch.ones(1, 1, 32, 48))
    (_, second), _ = walk(model, [frame(3.0), frame(5.0)], {0: boxes(BOX), 1: mask})
    assert near(second.logits[0, 1], SURE)
    assert len(model.network.asked("decode")) == 2


def test_memory_can_be_written_without_being_read_and_read_without_being_written():
    model = segmenter()
    _, state = walk(model, [frame(3.0)], {0: boxes(BOX)}, recall=False, memorise=True)
    assert state.memory.used.sum() == 1
    (second,), state = walk(model, [frame(5.0)], {}, state, memorise=False)
    assert (second.logits[0, 1] == 15).all()
    assert state.memory.used.sum() == 1


@pytest.mark.parametrize(("length", "horizon"), [(None, 4), (3, 3), (90, 4)])
def test_pointers_reach_back_over_a_short_clip_at_most(length, horizon):
    model = segmenter()
    walk(model, [frame(3.0), frame(5.0)], {0: boxes(BOX)}, State.start(length))
    assert [asked["horizon"] for asked in model.network.asked("attend")] == [horizon]


def test_in_use_memory_is_kept_in_half_precision_and_in_training_is_not():
    model = segmenter()
    _, used = walk(model, [frame(3.0)], {0: boxes(BOX)})
    _, learning = model.step(frame(3.0), State.start(), boxes(BOX))
    assert used.memory.tokens.dtype == torch.bfloat16
    assert learning.memory.tokens.dtype == torch.float32


def test_the_temperature_divides_logits_but_not_what_is_remembered():
    sharp, soft = segmenter(), segmenter(temperature=2.0)
    (one,), _ = walk(sharp, [frame(3.0)], {0: boxes(BOX)})
    (other,), _ = walk(soft, [frame(3.0)], {0: boxes(BOX)})
    assert torch.equal(one.logits / 2, other.logits)
    assert torch.equal(sharp.network.asked("memorise")[0]["mask"], soft.network.asked("memorise")[0]["mask"])


def test_quality_is_each_object_s_and_the_score_their_mean():
    values = torch.zeros(1, 3, 32, 48)
    model = segmenter()
    (first,), state = walk(model, [values - 0.5], {0: boxes(BOX, BOX, objects=(1, 2))})
    assert first.quality.tolist() == [[0.5, 0.5]]
    assert first.score.tolist() == [0.5]
    assert state.memory.score[:, 0].tolist() == [0.5, 0.5]
    (sure,), _ = walk(segmenter(), [values + 7], {0: boxes(BOX)})
    assert sure.quality.tolist() == [[1]]


@pytest.mark.parametrize("together", [1, 2, 3])
def test_some_objects_at_a_time_keep_their_places(together):
    said = boxes(BOX, NO_BOX, BOX, objects=(1, 2, 3))
    said = PromptBatch(said.objects, boxes=said.boxes.expand(2, -1, -1))
    later = PromptBatch((2,), boxes=torch.tensor([[NO_BOX], [BOX]]))
    model = segmenter()
    model.together = together
    prompts = {0: said, 1: later}
    found, state = walk(model, [frame(3.0, 4.0), frame(5.0, 6.0), frame(7.0, 8.0)], prompts)
    expected, whole = walk(segmenter(), [frame(3.0, 4.0), frame(5.0, 6.0), frame(7.0, 8.0)], prompts)
    assert all(torch.equal(one.logits, other.logits) for one, other in zip(found, expected, strict=True))
    assert torch.equal(state.memory.frame, whole.memory.frame)
    assert torch.equal(state.memory.tokens, whole.memory.tokens)
    most = max(len(asked["top"]) for asked in model.network.asked("decode"))
    assert most == 2 * together


def test_features_stand_in_for_a_frame():
    model = segmenter()
    with torch.no_grad():
        ahead = model.encode(frame(3.0))
    (one,), _ = walk(model, [ahead], {0: boxes(BOX)})
    assert (one.logits[0, 1] == 4).all()


def test_a_quality_is_within_its_range_in_use_and_may_find_back_to_it_while_it_learns():
    from segmem.prompted import _within

    outside = torch.tensor([-0.5, 0.5, 1.5])
    assert _within(outside).tolist() == [0, 0.5, 1]
    learning = outside.clone().requires_grad_()
    _within(learning).sum().backward()
    assert learning.grad.tolist() == [1, 1, 1]
