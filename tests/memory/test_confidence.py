import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from segmem.memory import Confidence, Entry, MemoryBank, Query
from segmem.memory.confidence import released_order


def entry(key, score: float, tokens=None) -> Entry:
    key = F.normalize(torch.as_tensor(key, dtype=torch.float32)[None], dim=1)
    tokens = key[:, None] if tokens is None else tokens[None]
    return Entry(tokens, key, torch.tensor([score]), torch.tensor([0]), torch.tensor([False]))


@torch.no_grad()
def filled(policy: Confidence, entries) -> MemoryBank:
    bank = MemoryBank.empty(policy.capacity, like=entries[0])
    for one in entries:
        bank = bank.write(one, policy.slot_for(one, bank))
    return bank


def query(*keys) -> Query:
    key = F.normalize(torch.tensor(keys, dtype=torch.float32), dim=1)
    return Query(key, torch.zeros(len(keys), dtype=torch.int64))


ALONG_X, ALONG_Y, ALONG_Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


def test_entries_are_appended_while_there_is_room():
    bank = filled(Confidence(capacity=3), [entry(ALONG_X, 0.9), entry(ALONG_X, 0.1)])
    assert bank.used.tolist() == [[True, True, False]]


def test_a_surer_entry_takes_the_place_of_the_most_similar_one():
    policy = Confidence(capacity=2)
    bank = filled(policy, [entry(ALONG_X, 0.3), entry(ALONG_Y, 0.2), entry((0.9, 0.1, 0.0), 0.31)])
    assert bank.score[0].tolist() == pytest.approx([0.31, 0.2])


@pytest.mark.parametrize("score", [0.3, 0.29, float("nan")])
def test_an_entry_that_is_no_surer_is_dropped(score):
    policy = Confidence(capacity=1)
    bank = filled(policy, [entry(ALONG_X, 0.3), entry(ALONG_X, score)])
    assert bank.score[0].tolist() == pytest.approx([0.3])


def test_a_key_that_is_no_number_is_dropped():
    policy = Confidence(capacity=2)
    bank = MemoryBank.empty(2, like=entry(ALONG_X, 0.3))
    assert policy.slot_for(entry((float("nan"), 0.0, 0.0), 0.9), bank).tolist() == [-1]


@pytest.mark.parametrize(("alpha", "first"), [(1.0, 0), (0.0, 1)])
def test_alpha_weighs_similarity_against_quality(alpha, first):
    policy = Confidence(capacity=4, top_k=2, alpha=alpha)
    bank = filled(policy, [entry(ALONG_X, 0.1), entry(ALONG_Y, 0.9)])
    recall = policy.recall(query(ALONG_X), bank)
    assert recall.slot.tolist() == [[first, 1 - first]]
    assert recall.valid.all()


def test_temperature_pulls_quality_towards_a_half():
    sure = torch.tensor([[0.9, 0.1]])
    assert torch.allclose(Confidence().worth(sure), sure, atol=1e-6)
    worth = Confidence(temperature=2.0).worth(sure)
    assert worth.tolist()[0] == pytest.approx([0.75, 0.25])  # sqrt(9) : 1


def test_the_paper_adds_cosine_and_sigmoid_of_the_score():
    policy = Confidence.variant("paper", capacity=2)
    bank = filled(policy, [entry((0.6, 0.8, 0.0), 0.0)])
    scores = policy.scores(query(ALONG_X), bank)
    assert scores.tolist() == [[pytest.approx(0.6 + 0.5), -torch.inf]]


def test_the_paper_replaces_by_whole_memories_whatever_the_image_is_like():
    policy = Confidence.variant("paper", capacity=2)
    old = [
        entry(ALONG_X, 0.5, torch.tensor([[1.0, 0.0]])),
        entry(ALONG_Y, 0.5, torch.tensor([[0.0, 2.0]])),
    ]
    bank = filled(policy, old)
    new = entry(ALONG_X, 0.6, torch.tensor([[0.1, 1.0]]))
    assert policy.slot_for(new, bank).tolist() == [1]
    assert Confidence(capacity=2).slot_for(new, bank).tolist() == [0]


def test_an_empty_bank_gives_nothing_valid():
    policy = Confidence(capacity=3, top_k=2)
    bank = MemoryBank.empty(3, like=entry(ALONG_X, 0.5))
    assert not policy.recall(query(ALONG_X), bank).valid.any()


@given(st.integers(0, 1000), st.integers(1, 5))
def test_each_image_reads_its_own_whatever_else_is_in_the_batch(seed, others):
    random = torch.Generator().manual_seed(seed)
    policy = Confidence(capacity=12, top_k=4)
    bank = filled(policy, [entry(torch.randn(6, generator=random), 0.1 + i / 20) for i in range(12)])
    keys = F.normalize(torch.randn(1 + others, 6, generator=random), dim=1)
    together = policy.recall(Query(keys, torch.zeros(1 + others, dtype=torch.int64)), bank)
    alone = policy.recall(Query(keys[:1], torch.zeros(1, dtype=torch.int64)), bank)
    assert torch.equal(together.slot[:1], alone.slot)


def test_a_shared_row_is_read_by_every_image_with_the_tokens_of_an_entry_together():
    policy = Confidence(capacity=2, top_k=2, alpha=1.0)
    tokens = torch.arange(8.0).view(2, 2, 2)
    bank = filled(policy, [entry(ALONG_X, 0.5, tokens[0]), entry(ALONG_Y, 0.5, tokens[1])])
    asked = query(ALONG_Y, ALONG_X, (0.9, 0.1, 0.0))
    memory = bank.read(asked, policy.recall(asked, bank))
    assert torch.equal(memory.tokens, torch.stack([tokens.flip(0), tokens, tokens]))


def test_keys_are_of_length_one_and_full_ones_hold_every_cell():
    top = torch.randn(2, 4, 3, 5)
    pooled, full = Confidence().key(top), Confidence.variant("paper").key(top)
    assert (pooled.shape, full.shape) == ((2, 4), (2, 60))
    for key in (pooled, full):
        assert torch.allclose(key.norm(dim=1), torch.ones(2))


def golden_bank(arrays, name) -> MemoryBank:
    tokens = torch.from_numpy(arrays["bank_memory"]).flatten(2).transpose(1, 2)
    key = F.normalize(torch.from_numpy(arrays[name]), dim=1)
    count = len(tokens)
    score = torch.from_numpy(arrays["bank_score"])
    blank = torch.zeros(1, count, dtype=torch.int64)
    return MemoryBank(tokens[None], key[None], score[None], blank, blank.bool())


@pytest.mark.parametrize("kind", ["released", "aligned"])
def test_retrieval_agrees_with_the_released_code(golden_values, kind):
    theirs = golden_values("samed2/retrieval.npz")
    bank = golden_bank(theirs, f"{kind}_embedding")
    policy = Confidence.variant("released", capacity=6, top_k=3)
    images = torch.from_numpy(theirs["query"]).transpose(0, 1)  # B L C
    asked = Query(F.normalize(images.flatten(1), dim=1), torch.zeros(3, dtype=torch.int64))
    recall = policy.recall(asked, bank)
    combined = torch.from_numpy(theirs[f"{kind}_combined"])
    assert torch.allclose(policy.scores(asked, bank), combined, atol=1e-5)
    assert recall.slot.tolist() == theirs[f"{kind}_indices"].tolist()
    tokens = released_order(bank.read(asked, recall).tokens)
    assert torch.equal(tokens, torch.from_numpy(theirs[f"{kind}_memory"]))


@torch.no_grad()
def test_replacement_agrees_with_the_released_code(golden_values):
    theirs = golden_values("samed2/replacement.npz")
    bank = golden_bank(theirs, "bank_embedding")
    bank = MemoryBank(bank.tokens.bfloat16(), bank.key, bank.score, bank.frame, bank.pinned)
    policy = Confidence.variant("released", capacity=5)
    for place in range(4):
        new = torch.from_numpy(theirs["new_memory"][place]).flatten(1).T[None]
        key = F.normalize(torch.from_numpy(theirs["new_embedding"][place]).flatten()[None], dim=1)
        score = torch.from_numpy(theirs["new_score"][place])
        made = Entry(new, key, score, torch.tensor([1]), torch.tensor([False]))
        bank = bank.write(made, policy.slot_for(made, bank))
    assert bank.score[0].sort().values.tolist() == pytest.approx(sorted(theirs["result_score"].tolist()))
    order = bank.score[0].argsort()
    result = torch.from_numpy(theirs["result_memory"]).flatten(2).transpose(1, 2)
    assert torch.equal(
        bank.tokens[0][order].float(), result[torch.from_numpy(theirs["result_score"]).argsort()]
    )


@torch.no_grad()
def test_entries_may_be_read_at_random_and_the_same_ones_of_the_same_image():
    random = torch.Generator().manual_seed(0)
    keys = torch.randn(40, 3, generator=random)
    policy = Confidence(capacity=50, top_k=4, pick="random")
    bank = filled(policy, [entry(key, 0.5) for key in keys])
    asked = query(*keys[:20].tolist())
    found = policy.recall(asked, bank).slot
    alone = torch.cat([policy.recall(query(key.tolist()), bank).slot for key in keys[:20]])
    assert torch.equal(found, alone)
    assert found.max() < 40, "empty slots are never read"
    assert len(found.unique()) > 25, "not always the same ones"
    assert (found[:, 0] == torch.arange(20)).float().mean() < 0.3, "not those that are alike"
    assert all(len(set(row.tolist())) == 4 for row in found)
