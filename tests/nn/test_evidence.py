import math
from dataclasses import dataclass

import pytest
import torch

from segmem.nn.evidence import ClassEvidence
from segmem.nn.evidence_settings import EvidenceSettings

CHANNELS, CLASSES, GRID = 12, 3, (4, 6)
CLEAR, SPOILT = -30.0, 30.0
NOWHERE = torch.zeros(1, 1, *GRID)  # likeness of what no remembered frame shows


@dataclass
class Past:
    """Frames that were remembered."""

    kept: torch.Tensor
    rank: torch.Tensor
    valid: torch.Tensor


def part(**settings: float) -> ClassEvidence:
    torch.manual_seed(0)
    return ClassEvidence(CHANNELS, CLASSES, EvidenceSettings(parts=2, **settings), ranks=3).eval()


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def halves() -> torch.Tensor:
    """(1, K, 64, 96): class 1 on the left, class 2 on the right."""
    out = torch.zeros(1, CLASSES, 64, 96)
    out[:, 1, :, :48], out[:, 2, :, 48:] = 1, 1
    return out


def past(
    evidence: ClassEvidence, top: torch.Tensor, probabilities: torch.Tensor, doubt: float = CLEAR
) -> Past:
    kept = evidence.remember(evidence.cells(top), probabilities, whole(doubt))[:, None]
    one = torch.ones(1, 1)
    return Past(kept, one.long() * 0, one.bool())


def whole(doubt: float) -> torch.Tensor:
    return torch.full((1, 1, 1, 1), doubt)


def find(evidence: ClassEvidence, top: torch.Tensor, seen: Past, doubt: float) -> torch.Tensor:
    return evidence.find(evidence.cells(top), seen.kept, seen.rank, seen.valid, whole(doubt))


def strange(
    evidence: ClassEvidence, top: torch.Tensor, kept: torch.Tensor, valid: torch.Tensor
) -> torch.Tensor:
    return evidence.strange(evidence.cells(top), kept, valid, evidence.likeness(evidence.cells(top), kept))


@torch.no_grad()
def test_the_same_picture_finds_its_own_classes():
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    found = find(evidence, top, past(evidence, top, halves()), CLEAR)
    assert found.shape == (1, CLASSES, 8, 12)
    assert found[0].argmax(dim=0).eq(torch.tensor([1] * 6 + [2] * 6)).all()
    assert found[:, 0].max() == 0


@torch.no_grad()
def test_what_moved_is_found_where_it_is_now():
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    moved = top.roll(1, dims=-1)
    found = find(evidence, moved, past(evidence, top, halves()), CLEAR)
    assert found[0, :, :, 2:8].argmax(dim=0).eq(1).all()  # the left half, a cell of two parts further right
    assert found[0, :, :, 8:].argmax(dim=0).eq(2).all()


@torch.no_grad()
def test_a_spoilt_frame_reads_the_place_and_not_the_look():
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    seen = past(evidence, top, halves())
    blank, turned = find(evidence, noise(1, CHANNELS, *GRID, seed=5), seen, SPOILT), top.flip(-1)
    assert blank[0, :, :, :4].argmax(dim=0).eq(1).all() and blank[0, :, :, 8:].argmax(dim=0).eq(2).all()
    assert torch.allclose(blank, find(evidence, turned, seen, SPOILT), atol=1e-5)


@torch.no_grad()
def test_where_half_a_frame_is_spoilt_that_half_alone_reads_the_place():
    evidence, top, other = part(), noise(1, CHANNELS, *GRID), noise(1, CHANNELS, *GRID, seed=5)
    seen = past(evidence, top, halves())
    half = torch.full((1, 1, *GRID), CLEAR)
    half[..., 3:] = SPOILT
    found = evidence.find(evidence.cells(other), seen.kept, seen.rank, seen.valid, half)
    by_look, by_place = (find(evidence, other, seen, doubt) for doubt in (CLEAR, SPOILT))
    assert torch.allclose(found[..., :6], by_look[..., :6], atol=1e-5)
    assert torch.allclose(found[..., 6:], by_place[..., 6:], atol=1e-5)
    assert not torch.allclose(by_look, by_place, atol=1e-2)


@torch.no_grad()
@pytest.mark.parametrize("doubt", [CLEAR, SPOILT])
def test_what_is_more_recent_counts_for_more_and_what_is_old_is_known_all_the_same(doubt):
    top = noise(1, CHANNELS, *GRID)
    for fade in (0.0, 0.7):
        evidence = part(fade=fade)
        new, old = (past(evidence, top, one) for one in (halves(), halves().flip(-1)))
        both = Past(
            torch.cat([new.kept, old.kept], dim=1), torch.tensor([[0, 1]]), torch.ones(1, 2, dtype=torch.bool)
        )
        shown = find(evidence, top, both, doubt)[0, 1:, :, :2].mean(dim=(1, 2))
        assert float(shown[0] / shown[1]) == pytest.approx(math.exp(fade), rel=0.02)
        assert strange(evidence, top, both.kept, both.valid).max() < 0
        assert strange(evidence, top, old.kept, old.valid).max() < 0


@torch.no_grad()
def test_a_frame_that_was_spoilt_when_it_was_remembered_gives_way_to_an_older_clear_one():
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    wrong, right = (
        past(evidence, top, one, doubt) for one, doubt in ((halves().flip(-1), SPOILT), (halves(), CLEAR))
    )
    both = Past(
        torch.cat([wrong.kept, right.kept], dim=1), torch.tensor([[0, 1]]), torch.ones(1, 2, dtype=torch.bool)
    )
    for doubt in (CLEAR, SPOILT):
        found = find(evidence, top, both, doubt)
        assert found[0, :, :, :4].argmax(dim=0).eq(1).all() and found[0, :, :, 8:].argmax(dim=0).eq(2).all()


@torch.no_grad()
@pytest.mark.parametrize("doubt", [CLEAR, 0.0, SPOILT])
def test_past_and_present_are_mixed_as_the_formula_says(doubt):
    evidence, top, logits = part(floor=0.25, lean=0.5), noise(1, CHANNELS, *GRID), noise(1, CLASSES, 8, 12)
    found = 0.8 * find(evidence, top, past(evidence, top, halves()), CLEAR)
    now, spoilt = logits.softmax(dim=1), torch.tensor(doubt + 0.5).sigmoid()
    before = found + (1 - found.sum(dim=1, keepdim=True)) * now
    pool = now.clamp(min=0.01) ** 0.75 * before.clamp(min=0.01) ** 0.25
    pool = pool / pool.sum(dim=1, keepdim=True)
    mixed = evidence.settle(logits, found, whole(doubt)).exp()
    assert torch.allclose(mixed, spoilt * before + (1 - spoilt) * pool, atol=1e-6)
    assert torch.allclose(mixed.sum(dim=1), torch.ones(1, 8, 12), atol=1e-5)


@torch.no_grad()
def test_what_a_place_looks_like_counts_where_it_is_not_spoilt():
    evidence, logits = part(discriminant=0.5), noise(1, CLASSES, 8, 12)
    nothing = torch.zeros(1, CLASSES, 8, 12)
    looked = noise(1, CLASSES, 8, 12, seed=1).log_softmax(dim=1)
    alone, told = (evidence.settle(logits, nothing, whole(CLEAR), one) for one in (None, looked))
    assert torch.allclose(told, (alone + 0.5 * looked).log_softmax(dim=1), atol=1e-5)
    spoilt = evidence.settle(logits, nothing, whole(SPOILT), looked)
    assert torch.allclose(spoilt, evidence.settle(logits, nothing, whole(SPOILT)), atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize(("spoilt", "weight"), [(2, 0.5), (4, 0.0)])
def test_looks_count_as_far_as_most_of_the_frame_is_clear(spoilt, weight):
    evidence, logits = part(discriminant=0.5, lean=0.0), noise(1, CLASSES, 8, 12)
    nothing = torch.zeros(1, CLASSES, 8, 12)
    looked = noise(1, CLASSES, 8, 12, seed=1).log_softmax(dim=1)
    doubt = torch.full((1, 1, 8, 12), CLEAR)
    doubt[..., : 2 * spoilt] = SPOILT
    alone = logits.softmax(dim=1)
    pool = (logits + weight * looked).softmax(dim=1)
    told = evidence.settle(logits, nothing, doubt, looked).exp()
    expected = torch.where(doubt == CLEAR, pool, alone)
    assert torch.allclose(told, expected, atol=1e-4)


@torch.no_grad()
def test_looks_of_a_frame_that_is_half_spoilt_have_half_their_weight():
    evidence, logits = part(discriminant=0.5, lean=0.0), noise(1, CLASSES, 8, 12)
    nothing = torch.zeros(1, CLASSES, 8, 12)
    looked = noise(1, CLASSES, 8, 12, seed=1).log_softmax(dim=1)
    now = evidence.settle(logits, nothing, whole(CLEAR)).exp()
    told = evidence.settle(logits, nothing, whole(0.0), looked).exp()
    pool = (now.log() + 0.25 * looked).softmax(dim=1)
    assert torch.allclose(told, (logits.softmax(dim=1) + pool) / 2, atol=1e-5)


@torch.no_grad()
def test_the_stream_tells_what_classes_look_like():
    evidence = part()
    kinds = noise(CLASSES, CHANNELS)
    left_to_right = halves()
    top = torch.einsum("bkhw,kc->bchw", left_to_right[:, :, ::16, ::16], kinds) + 0.1 * noise(
        1, CHANNELS, *GRID
    )
    known = evidence.learn(top, left_to_right, whole(CLEAR), None)
    assert known.number.tolist() == [[0, 12, 12]]
    again = evidence.learn(top, left_to_right, whole(CLEAR), known)
    assert again.number.tolist() == [[0, pytest.approx(12 * 1.99), pytest.approx(12 * 1.99)]]
    told = evidence.recognised(top.flip(-1), known)[:, 1:]
    assert torch.equal(told.argmax(dim=1)[0, 0], torch.tensor([1, 1, 1, 0, 0, 0]))


@torch.no_grad()
@pytest.mark.parametrize(
    ("before", "share"),
    [(CLEAR, 1.0), (math.log(0.1 / 0.9), 1.0), (math.log(0.3 / 0.7), 0.5), (0.0, 0.0), (SPOILT, 0.0)],
)
def test_a_gate_counts_as_far_as_it_took_a_remembered_frame_for_clear(before, share):
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    seen = past(evidence, top, halves(), before)
    for doubt in (-1.0, 0.0, 2.0):
        trusted = evidence.trusted(whole(doubt), seen.kept, seen.valid, NOWHERE).double().sigmoid()
        assert trusted.flatten().tolist() == pytest.approx([share / (1 + math.exp(-doubt))], abs=1e-5)


def test_the_clearest_remembered_frame_decides_and_an_empty_slot_does_not():
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    clear, odd = (past(evidence, top, halves(), doubt).kept for doubt in (CLEAR, 0.0))
    kept = torch.cat([odd, clear], dim=1).expand(3, -1, -1, -1)
    valid = torch.tensor([[True, True], [True, False], [False, False]])
    alike = torch.zeros(3, 2, *GRID)
    trusted = evidence.trusted(torch.full((3, 1, 1, 1), 1.0), kept, valid, alike).sigmoid().flatten()
    told = 1 / (1 + math.exp(-1))
    assert trusted.tolist() == pytest.approx([told, 0.0, told], abs=1e-5)


@pytest.mark.parametrize(
    ("likeness", "share"),
    [((1.0, 0.8), 0.0), ((1.0, 0.7), 0.5), ((0.7, 1.0), 0.5), ((0.9, 0.6), 1.0), ((0.1, 0.2), 1.0)],
)
def test_what_every_remembered_frame_shows_is_no_more_spoilt_than_most_of_its_frame(likeness, share):
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    kept = past(evidence, top, halves()).kept.expand(-1, 3, -1, -1)
    valid = torch.tensor([[True, True, False]])
    alike = torch.tensor([*likeness, 0.0])[None, :, None, None].expand(1, 3, *GRID)
    doubt = torch.full((1, 1, *GRID), 0.2).logit()
    doubt[..., 0, :2], doubt[..., 3, 5] = torch.tensor(0.9).logit(), torch.tensor(0.1).logit()
    told = evidence.trusted(doubt, kept, valid, alike).sigmoid()[0, 0]
    assert told[0, :2].tolist() == pytest.approx([0.2 + share * 0.7] * 2, abs=1e-5)
    assert told[3, 5].item() == pytest.approx(0.1, abs=1e-5)
    assert told[1:3].flatten().tolist() == pytest.approx([0.2] * 12, abs=1e-5)


def test_a_frame_that_is_doubted_as_a_whole_is_doubted_however_well_known_it_is():
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    seen = past(evidence, top, halves())
    for doubt in (whole(1.0), torch.full((1, 1, *GRID), 1.0)):
        trusted = evidence.trusted(doubt, seen.kept, seen.valid, torch.ones(1, 1, *GRID))
        assert torch.allclose(trusted, doubt, atol=1e-5)


def test_with_nothing_remembered_the_gate_has_its_word():
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    seen, doubt = past(evidence, top, halves(), SPOILT), noise(1, 1, *GRID)
    assert torch.allclose(evidence.trusted(doubt, seen.kept, ~seen.valid, NOWHERE + 1), doubt, atol=1e-5)


def test_each_remembered_frame_is_asked_for_the_most_alike_cell():
    evidence, tops = part(), [noise(1, CHANNELS, *GRID, seed=seed) for seed in range(3)]
    kept = torch.cat([past(evidence, top, halves()).kept for top in tops[1:]], dim=1)
    keys = [evidence.match.keys(top)[0] for top in tops]
    told = torch.stack([(keys[0] @ keys[n].T).amax(dim=1).view(GRID) for n in (1, 2)])[None]
    assert torch.allclose(evidence.likeness(evidence.cells(tops[0]), kept), told, atol=1e-5)


def test_what_was_never_seen_is_left_to_the_present():
    evidence, logits = part(), noise(1, CLASSES, 64, 96)
    nothing = torch.zeros(1, CLASSES, 8, 12)
    settled = evidence.settle(logits, nothing, whole(SPOILT))
    assert torch.allclose(settled, logits.log_softmax(dim=1), atol=1e-5)


@torch.no_grad()
def test_a_spoilt_place_overrules_a_present_that_is_sure_and_a_clear_one_does_not():
    evidence, top, logits = part(), noise(1, CHANNELS, *GRID), torch.zeros(1, CLASSES, 64, 96)
    logits[:, 0] = 40.0
    half = torch.full((1, 1, *GRID), CLEAR)
    half[..., :3] = SPOILT
    seen = past(evidence, top, halves())
    found = evidence.find(evidence.cells(top), seen.kept, seen.rank, seen.valid, half)
    settled = evidence.settle(logits, found, half)[0].argmax(dim=0)
    assert settled[:, :40].eq(1).all() and settled[:, 56:].eq(0).all()


@torch.no_grad()
@pytest.mark.parametrize(("now", "before", "expected"), [(0.999, 0.001, 1), (0.55, 0.02, 0), (0.45, 0.98, 1)])
def test_where_nothing_is_spoilt_the_surer_of_past_and_present_decides(now, before, expected):
    logits = torch.tensor([1 - now, now, 1e-9]).log()[None, :, None, None].expand(1, CLASSES, 4, 4)
    found = torch.tensor([1 - before, before, 0.0])[None, :, None, None].expand(1, CLASSES, 4, 4)
    settled = part().settle(logits, found, whole(CLEAR))
    assert settled.argmax(dim=1).eq(expected).all()


def test_what_is_like_nothing_that_is_remembered_is_strange():
    evidence, top, other = part(), noise(1, CHANNELS, *GRID), noise(1, CHANNELS, *GRID, seed=5)
    seen = past(evidence, top, halves())
    same, new = (strange(evidence, one, seen.kept, seen.valid) for one in (top, other))
    assert same.shape == (1, 1, *GRID)
    assert torch.allclose(same, torch.full_like(same, 15 * (0.8 - 1)), atol=1e-3)
    assert new.mean() > 0 > same.mean()
    mixed = torch.cat([top[..., :3], other[..., 3:]], dim=-1)
    half = strange(evidence, mixed, seen.kept, seen.valid)
    assert half[..., 3:].mean() > half[..., :3].mean() + 1


def test_a_view_that_moved_is_not_strange():
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    seen = past(evidence, top, halves())
    turned = strange(evidence, top.roll(3, dims=-1), seen.kept, seen.valid)
    assert torch.allclose(turned, torch.full_like(turned, -3.0), atol=1e-3)


def test_what_was_spoilt_when_it_was_remembered_is_neither_strange_nor_known_to_be_clear():
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    seen = past(evidence, top, halves(), doubt=SPOILT)
    assert strange(evidence, top, seen.kept, seen.valid).abs().max() < 1e-3


def test_likeness_is_that_of_the_most_alike_cell_as_far_as_it_was_clear():
    evidence, tops = part(), [noise(1, CHANNELS, *GRID, seed=seed) for seed in range(3)]
    doubts = [noise(1, 1, *GRID, seed=seed) for seed in (7, 8, 9)]
    tops[1] = tops[0] + 0.3 * tops[1]
    kept = torch.stack(
        [
            evidence.remember(evidence.cells(t), halves(), d)
            for t, d in zip(tops[1:], doubts[1:], strict=True)
        ],
        dim=1,
    )
    alike = evidence.match.keys(tops[0]) @ kept[..., :64].mT
    clear = kept[..., -1][:, :, None]
    told = torch.where(alike > 0.8, 0.8 + clear * (alike - 0.8), alike)
    for valid in ([True, True], [False, True]):
        seen = torch.tensor([valid])
        least = told.masked_fill(~seen[..., None, None], -1).amax(dim=(1, 3))
        found = strange(evidence, tops[0], kept, seen).flatten(1)
        assert torch.allclose(found, 15 * (0.8 - least), atol=1e-4)


def test_how_strange_a_cell_is_can_be_told_in_bfloat16():
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    with torch.autocast("cpu", torch.bfloat16):
        seen = past(evidence, top.bfloat16(), halves())
        logits = strange(evidence, top.bfloat16(), seen.kept, seen.valid)
    assert logits.dtype == torch.float32
    assert torch.allclose(logits, torch.full_like(logits, -3.0), atol=0.1)


def test_with_nothing_remembered_nothing_is_strange():
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    seen = past(evidence, top, halves())
    assert strange(evidence, top, seen.kept, ~seen.valid).eq(0).all()


@torch.no_grad()
def test_a_fine_map_is_matched_on_fewer_cells():
    evidence = part(cells=6)
    assert evidence.grid(torch.zeros(1, CHANNELS, *GRID)) == (2, 3)
    assert evidence.grid(torch.zeros(1, CHANNELS, 5, 7)) == (2, 3)
    kept = evidence.remember(evidence.cells(noise(1, CHANNELS, *GRID)), halves(), whole(CLEAR))
    assert kept.shape == (1, 6, evidence.numbers())
    assert find(
        evidence, noise(1, CHANNELS, *GRID), past(evidence, noise(1, CHANNELS, *GRID), halves()), CLEAR
    ).shape[-2:] == (4, 6)


@torch.no_grad()
@pytest.mark.parametrize("doubt", [CLEAR, SPOILT])
def test_what_is_remembered_follows_a_view_that_turns(doubt):
    """The view moves one cell to the right: the left half reaches further, and the first column is new."""
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    new = noise(1, CHANNELS, *GRID, seed=5)
    turned = torch.cat([new[..., :1], top[..., :-1]], dim=-1)
    seen = past(evidence, top, halves())
    seen.kept = evidence.follow(evidence.cells(turned), seen.kept, seen.valid)
    found = find(evidence, turned, seen, doubt)[0]
    assert found[:, :, 2:8].argmax(dim=0).eq(1).all() and found[:, :, 8:].argmax(dim=0).eq(2).all()
    assert found[:, :, 2:].sum(dim=0).mean() > 0.7
    if doubt == SPOILT:  # what its place showed is not known; what looks like it still is
        assert found[:, :, :2].sum(dim=0).max() < 0.5


@torch.no_grad()
def test_what_one_remembered_frame_has_not_seen_another_tells():
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    turned = torch.cat([top[..., 1:], noise(1, CHANNELS, GRID[0], 1, seed=5)], dim=-1)
    old, new = past(evidence, top, halves()), past(evidence, turned, halves())
    both = Past(
        torch.cat([new.kept, old.kept], dim=1), torch.tensor([[0, 1]]), torch.ones(1, 2, dtype=torch.bool)
    )
    both.kept = evidence.follow(evidence.cells(top), both.kept, both.valid)
    assert both.kept[0, :, :, -1].reshape(2, *GRID)[:, :, 0].tolist() == [[0.0] * 4, [1.0] * 4]
    assert find(evidence, top, both, SPOILT)[0, :, :, :2].argmax(dim=0).eq(1).all()


@torch.no_grad()
def test_a_view_that_stays_and_a_memory_that_does_not_follow_are_left_as_they_are():
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    seen = past(evidence, top, halves())
    assert torch.equal(evidence.follow(evidence.cells(top), seen.kept, seen.valid), seen.kept)
    turned = top.roll(1, dims=-1)
    assert not torch.equal(evidence.follow(evidence.cells(turned), seen.kept, seen.valid), seen.kept)
    assert part(follow=False).follow(turned, seen.kept, seen.valid) is seen.kept


def test_keys_and_places_learn():
    evidence, top = part(), noise(1, CHANNELS, *GRID)
    found = find(evidence, noise(1, CHANNELS, *GRID, seed=3), past(evidence, top, halves()), 0.0)
    evidence.settle(noise(1, CLASSES, 64, 96), found, whole(0.0)).square().mean().backward()
    assert all(parameter.grad is not None for parameter in evidence.parameters())
    assert evidence.match.key.weight.grad.abs().sum() > 0
    assert evidence.stay.log_reach.grad.abs() > 0
