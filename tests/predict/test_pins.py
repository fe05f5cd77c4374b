import torch

from nano import nano_sam2
from segmem.core import Prompt
from segmem.memory.bank import EMPTY
from segmem.predict.pins import only, pin_from, seated
from segmem.state import State
from walks import BOTH, BOX, frame, held, walked


def pin(model, number):
    with torch.inference_mode():
        prediction, state = model.step(frame(number), State(number), BOX, recall=False, memorise=True)
    return pin_from(state, Prompt(number), prediction.logits[:, 1:])


def policies(model):
    return model.policy, model.pointer_policy


def test_a_pin_is_what_the_step_remembered():
    model = nano_sam2()
    found = pin(model, 5)
    _, state = walked(model, BOX, 1)
    assert found.memory.tokens.shape == state.memory.tokens[:, 0].shape
    assert found.pointer.tokens.shape == state.pointers.tokens[:, 0].shape
    assert (int(found.memory.frame), bool(found.memory.pinned)) == (5, True)


def test_rows_of_some_objects_in_their_order():
    model = nano_sam2()
    _, state = walked(model, BOTH, 3)
    kept = only(state, [2, 9, 4])
    assert kept.objects == (2, 4)
    assert torch.equal(kept.memory.tokens, state.memory.tokens[[1, 0]])
    kept.memory.tokens.zero_()
    assert state.memory.tokens.any()
    assert only(state, [7]).memory is None


def test_pins_take_the_place_of_those_before_and_of_what_was_tracked_there():
    model = nano_sam2()
    _, state = walked(model, BOX, 5)
    assert held(state.memory) == {True: [0], False: [1, 2, 3, 4]}
    pins = {(3, 1): (pin(model, 3).memory, pin(model, 3).pointer)}
    found = seated(state, [1], pins, policies(model))
    for bank in (found.memory, found.pointers):
        assert held(bank)[True] == [3]
        assert not {0, 3} & set(held(bank)[False])
    assert held(state.memory) == {True: [0], False: [1, 2, 3, 4]}, "the state itself has changed"


def test_what_lies_ahead_is_dropped_but_for_pins():
    model = nano_sam2()
    _, state = walked(model, BOX, 5)
    entries = (pin(model, 9).memory, pin(model, 9).pointer)
    found = seated(
        State(2, state.memory, state.pointers, state.objects), [1], {(9, 1): entries}, policies(model)
    )
    assert held(found.memory) == {True: [9], False: [1]}


def test_an_object_that_is_new_has_a_row_with_its_pins_alone():
    model = nano_sam2()
    _, state = walked(model, BOX, 3)
    one, other = pin(model, 0), pin(model, 2)
    found = seated(
        state,
        [1, 6],
        {(0, 1): (one.memory, one.pointer), (2, 6): (other.memory, other.pointer)},
        policies(model),
    )
    assert found.objects == (1, 6)
    assert held(found.memory, 0) == {True: [0], False: [1, 2]}
    assert held(found.memory, 1) == {True: [2], False: []}


def test_a_state_of_nothing_can_be_seated():
    model = nano_sam2()
    entries = (pin(model, 4).memory, pin(model, 4).pointer)
    found = seated(State(7), [1], {(4, 1): entries}, policies(model))
    assert found.frame == 7
    assert held(found.memory) == {True: [4], False: []}
    assert (found.memory.frame[0] == EMPTY).sum() == model.policy.capacity - 1
