from dataclasses import fields

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from segmem.memory import Entry, MemoryBank, Query, Support

CODES = 7


def entry(frame: int, pinned: bool = False, value: float = 0.0) -> Entry:
    return Entry(
        torch.full((1, 1, 1), value),
        torch.zeros(1, 1),
        torch.ones(1),
        torch.tensor([frame]),
        torch.tensor([pinned]),
    )


def rows(*entries: Entry) -> Entry:
    return Entry(*(torch.cat([getattr(one, f.name) for one in entries]) for f in fields(Entry)))


def put(policy: Support, bank: MemoryBank, made: Entry) -> MemoryBank:
    return bank.write(made, policy.slot_for(made, bank))


def walked(policy: Support, frames: int, prompted: tuple[int, ...] = (), ahead: bool = False) -> MemoryBank:
    """The bank after so many frames; with `ahead` the prompted ones were all seen first."""
    bank = MemoryBank.empty(policy.capacity, like=entry(0))
    for frame in prompted if ahead else ():
        bank = put(policy, bank, entry(frame, pinned=True))
    for frame in range(frames):
        bank = put(policy, bank, entry(frame, pinned=frame in prompted and not ahead))
    return bank


def read(policy: Support, bank: MemoryBank, now: int) -> dict[int, int]:
    """Frame read: its temporal code."""
    recall = policy.recall(Query(torch.zeros(1, 1), torch.tensor([now])), bank).compact()
    assert bool(recall.valid.all())
    frames = bank.frame[0, recall.slot[0]].tolist()
    assert len(set(frames)) == len(frames)
    return dict(zip(frames, recall.rank[0].tolist(), strict=True))


def by_the_book(now: int, prompted: list[int], stride: int, nearest: int | None = None) -> dict[int, int]:
    """SAM2's rule: prompted frames under the last code, then the last frame, then multiples of the stride."""
    kept = sorted(prompted)
    if nearest is not None and nearest < len(kept):
        sides = [[f for f in kept if f < now][-1:], [f for f in kept if f > now][:1]]
        first = [f for side in sides for f in side]
        kept = (first + sorted((f for f in kept if f not in first), key=lambda f: abs(f - now)))[:nearest]
    codes = dict.fromkeys(kept, CODES - 1)
    begin = (now - 2) // stride * stride
    for code, frame in enumerate([now - 1, *(begin - k * stride for k in range(CODES - 2))]):
        if frame >= 0:
            codes.setdefault(frame, code)
    return codes


def test_the_six_last_frames_and_the_prompted_one_are_read_with_their_codes():
    policy = Support()
    assert read(policy, walked(policy, 10, (0,)), 10) == {9: 0, 8: 1, 7: 2, 6: 3, 5: 4, 4: 5, 0: 6}


@pytest.mark.parametrize(
    ("now", "codes"),
    [
        (10, {9: 0, 6: 1, 3: 2, 0: 3, 2: 6}),
        (11, {10: 0, 9: 1, 6: 2, 3: 3, 0: 4, 2: 6}),
        (23, {22: 0, 21: 1, 18: 2, 15: 3, 12: 4, 9: 5, 2: 6}),
    ],
)
def test_with_a_stride_of_three_multiples_of_three_are_read_before_the_last_frame(now, codes):
    policy = Support(stride=3)
    assert read(policy, walked(policy, now, (2,)), now) == codes


@given(
    frames=st.integers(1, 40),
    stride=st.integers(1, 5),
    prompted=st.sets(st.integers(0, 45), min_size=1, max_size=8),
    nearest=st.one_of(st.none(), st.integers(2, 7)),
)
def test_a_walk_reads_what_the_rule_says(frames, stride, prompted, nearest):
    policy, said = Support(stride=stride, nearest=nearest), tuple(sorted(prompted - {frames}))
    bank = walked(policy, frames, said, ahead=True)
    assert read(policy, bank, frames) == by_the_book(frames, list(said), stride, nearest)


@given(frames=st.integers(1, 40), prompted=st.sets(st.integers(0, 39), min_size=1, max_size=8))
def test_prompts_that_come_on_the_way_are_read_too(frames, prompted):
    policy, said = Support(), tuple(sorted(prompted))
    heard = [frame for frame in said if frame < frames]
    assert read(policy, walked(policy, frames, said), frames) == by_the_book(frames, heard, 1)


def test_the_cap_takes_the_closest_before_and_after_then_by_distance():
    prompts = (0, 3, 12, 20, 21)

    def pinned(nearest: int, now: int) -> set[int]:
        policy = Support(nearest=nearest)
        codes = read(policy, walked(policy, 0, prompts, ahead=True), now)
        return {frame for frame, code in codes.items() if code == policy.recent}

    assert pinned(2, 9) == {3, 12}
    assert pinned(3, 9) == {3, 12, 0}
    assert pinned(4, 9) == {3, 12, 0, 20}
    assert pinned(2, 13) == {12, 20}
    assert pinned(3, 30) == {21, 20, 12}


def test_a_prompted_frame_beyond_the_cap_is_read_as_a_recent_one():
    policy = Support(nearest=2)
    bank = walked(policy, 9, (0, 6, 7, 8))
    assert read(policy, bank, 9) == {8: 6, 7: 6, 6: 2, 5: 3, 4: 4, 3: 5}


def test_prompts_ahead_are_not_read_where_only_the_past_is():
    bank = walked(Support(), 3, (1, 9), ahead=True)
    assert set(read(Support(), bank, 3)) == {0, 1, 2, 9}
    assert set(read(Support(past_only=True), bank, 3)) == {0, 1, 2}


def test_when_the_pinned_slots_are_full_the_first_stays_and_the_oldest_other_goes():
    policy = Support(pinned=3)
    bank = walked(policy, 0, (5, 6, 7, 8, 9), ahead=True)
    assert sorted(bank.frame[0, :3].tolist()) == [5, 8, 9]


def test_a_second_prompt_on_a_frame_takes_the_place_of_the_first():
    policy = Support(pinned=3)
    bank = walked(policy, 0, (4, 5), ahead=True)
    bank = put(policy, bank, entry(4, pinned=True, value=7.0))
    assert bank.frame[0].tolist().count(4) == 1
    assert bank.tokens[bank.frame == 4].item() == 7
    assert 5 in bank.frame[0].tolist()


def test_a_frame_that_is_pinned_is_not_kept_as_a_recent_one_too():
    policy = Support()
    bank = walked(policy, 0, (4,), ahead=True)
    assert policy.slot_for(entry(4), bank).tolist() == [-1]
    assert policy.slot_for(entry(5), bank).tolist() == [policy.pinned]


def test_each_row_has_slots_of_its_own():
    policy = Support(pinned=2, recent=2)
    two = rows(entry(3, pinned=True), entry(3))
    bank = MemoryBank.empty(policy.capacity, like=two)
    assert policy.slot_for(two, bank).tolist() == [0, 2]
    bank = put(policy, bank, two)
    recall = policy.recall(Query(torch.zeros(2, 1), torch.tensor([4, 4])), bank)
    assert recall.valid.tolist() == [[True, False, False, False], [False, False, True, False]]
    assert (recall.rank[0, 0], recall.rank[1, 2]) == (2, 0)


def test_every_frame_is_due_and_the_reach_counts_the_present_one():
    assert all(Support(stride=3).due(frame) for frame in range(5))
    assert Support(recent=15).reach == 16
    assert Support(recent=6, stride=2).reach == 13


def test_no_code_is_beyond_the_last_one_however_old_a_slot_is():
    policy = Support(recent=3)
    bank = walked(policy, 4)
    rank = policy.recall(Query(torch.zeros(1, 1), torch.tensor([500])), bank).rank
    assert int(rank.min()) >= 0
    assert int(rank.max()) <= policy.recent
