from dataclasses import fields, replace

import pytest
import torch

from nano import nano, nano_sam2
from segmem.memory import CaseMemory, ClassSums, Entry, LastAnswer, MemoryBank
from segmem.state import Segmenter, State


def bank(*frames: int, slots: int = 2) -> MemoryBank:
    """A row for each frame, written in its first slot."""
    number = torch.tensor(frames)
    rows = len(frames)
    made = Entry(
        tokens=number[:, None, None].float().expand(rows, 3, 4).clone(),
        key=torch.zeros(rows, 1),
        score=torch.ones(rows),
        frame=number,
        pinned=torch.zeros(rows, dtype=torch.bool),
    )
    with torch.no_grad():
        return MemoryBank.empty(slots, like=made).write(made, torch.zeros(rows, dtype=torch.int64))


def full() -> State:
    return State(7, bank(3, 4), bank(5, 6, slots=3), objects=(4, 2), length=20)


def equal(one: MemoryBank | None, other: MemoryBank | None) -> bool:
    if one is None or other is None:
        return one is other
    return all(torch.equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(MemoryBank))


@pytest.mark.parametrize(
    "state",
    [
        State.start(),
        State.start(length=9),
        full(),
        replace(full(), pointers=None, length=None),
        replace(full(), memory=None, objects=()),
    ],
)
def test_a_state_comes_back_from_its_tensors(state):
    back = State.from_tensors(state.tensors())
    assert (back.frame, back.objects, back.length) == (state.frame, state.objects, state.length)
    assert equal(back.memory, state.memory)
    assert equal(back.pointers, state.pointers)


def test_what_was_shown_of_each_class_comes_back_from_its_tensors():
    known = ClassSums(torch.rand(1, 2), torch.rand(1, 2, 3), torch.rand(1, 3, 3))
    back = State.from_tensors(replace(full(), classes=known).tensors()).classes
    assert all(torch.equal(getattr(back, f.name), getattr(known, f.name)) for f in fields(ClassSums))


def test_the_last_answer_comes_back_from_its_tensors_and_is_not_of_the_stream_seen_from_its_end():
    last = LastAnswer(torch.rand(1, 1, 3, 4), torch.rand(1, 2, 3, 4))
    state = replace(full(), last=last)
    back = State.from_tensors(state.tensors()).last
    assert all(torch.equal(getattr(back, f.name), getattr(last, f.name)) for f in fields(LastAnswer))
    assert state.mirrored(20).last is None


def test_a_fork_shares_no_storage():
    state = full()
    fork = state.fork()
    state.memory.tokens.fill_(9)
    state.pointers.tokens.fill_(9)
    assert fork.memory.tokens[:, 0, 0, 0].tolist() == [3, 4]
    assert fork.pointers.tokens[:, 0, 0, 0].tolist() == [5, 6]
    assert (fork.frame, fork.objects, fork.length) == (7, (4, 2), 20)


def test_a_detached_state_has_no_graph():
    state = full()
    learnt = replace(state.memory, tokens=state.memory.tokens.requires_grad_())
    cut = replace(state, memory=learnt).detach()
    assert not cut.memory.tokens.requires_grad


def test_new_objects_get_an_empty_row_in_each_stream_and_both_banks():
    state = State(7, bank(3, 4), bank(5, 6), objects=(4,))
    wider = state.with_objects((9, 4, 1), streams=2)
    assert wider.objects == (4, 9, 1)
    assert wider.memory.frame[:, 0].tolist() == [3, -1, -1, 4, -1, -1]
    assert wider.pointers.frame[:, 0].tolist() == [5, -1, -1, 6, -1, -1]


def test_known_objects_leave_a_state_as_it_is():
    state = full()
    assert state.with_objects((2, 4), streams=1) is state


def test_objects_can_come_before_there_is_any_memory():
    wider = State.start().with_objects((5, 3), streams=2)
    assert (wider.objects, wider.memory, wider.pointers) == ((5, 3), None, None)


def test_a_mirrored_state_counts_from_the_clip_s_end():
    mirrored = full().mirrored(20)
    assert mirrored.frame == 12
    assert mirrored.memory.frame.tolist() == [[16, -1], [15, -1]]
    assert mirrored.pointers.frame[:, 0].tolist() == [14, 13]
    assert mirrored.mirrored(20).frame == 7


@pytest.mark.parametrize("build", [nano, nano_sam2])
def test_every_segmenter_has_what_the_promise_names(build):
    model = build()
    for name in ("prepare", "encode", "step"):
        assert callable(getattr(Segmenter, name))
        assert callable(getattr(model, name))
    assert isinstance(model.prompted, bool)
    assert model.spec.classes


def with_the_rest() -> State:
    overlay = CaseMemory(shared=bank(1), overlay=bank(2, 3), room=2)
    return replace(full(), cases=overlay, past=(torch.ones(1, 2, 3), torch.zeros(1, 2)), past_frame=7)


def test_what_the_encoder_saw_and_what_a_session_adds_come_back_too():
    state = with_the_rest()
    back = State.from_tensors(state.tensors())
    assert back.past_frame == 7
    assert all(torch.equal(one, other) for one, other in zip(back.past, state.past, strict=True))
    assert equal(back.cases.overlay, state.cases.overlay)
    assert (back.cases.room, back.cases.shared) == (2, None)
    again = back.with_cases(state.cases.shared, room=2)
    assert again.cases.shared is state.cases.shared
    assert equal(again.cases.overlay, state.cases.overlay)


def test_a_fork_copies_what_a_session_adds_and_not_the_shared_row():
    state = with_the_rest()
    fork = state.fork()
    state.cases.overlay.tokens.fill_(9)
    assert fork.cases.overlay.tokens[:, 0, 0, 0].tolist() == [2, 3]
    assert fork.cases.shared is state.cases.shared


def test_a_detached_state_is_cut_from_what_the_encoder_saw():
    seen = torch.ones(1, requires_grad=True) * 2
    assert not replace(full(), past=(seen,)).detach().past[0].requires_grad


def test_seen_from_its_end_a_stream_begins_anew_for_the_encoder():
    assert with_the_rest().mirrored(20).past == ()
