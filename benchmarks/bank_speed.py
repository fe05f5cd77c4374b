"""Milliseconds of retrieval and replacement in a full bank of 640 entries, on this machine.

python benchmarks/bank_speed.py [--full]
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch.nn import functional as F

from segmem.memory import Confidence, Entry, MemoryBank, Query

ENTRIES, TOKENS, WIDTH = 640, 1024, 64  # LiteMedSAM's pooled memory is 256 tokens, SAM2's at 512 pixels 1024


def bank_of(key_size: int, tokens: int, dtype: torch.dtype) -> MemoryBank:
    """A full bank of one row."""
    return MemoryBank(
        torch.randn(1, ENTRIES, tokens, WIDTH).to(torch.bfloat16),
        F.normalize(torch.randn(1, ENTRIES, key_size), dim=2).to(dtype),
        torch.rand(1, ENTRIES),
        torch.zeros(1, ENTRIES, dtype=torch.int64),
        torch.zeros(1, ENTRIES, dtype=torch.bool),
    )


def median_ms(work: Callable[[], object], times: int) -> float:
    """Of `times` runs after two to warm up."""
    spent = []
    for _ in range(times + 2):
        begin = time.perf_counter()
        work()
        spent.append(1e3 * (time.perf_counter() - begin))
    return statistics.median(spent[2:])


def measured(policy: Confidence, key_size: int, tokens: int, dtype: torch.dtype, times: int) -> None:
    """Print one row: search, reading of the entries found, replacement."""
    bank = bank_of(key_size, tokens, dtype)
    query = Query(F.normalize(torch.randn(1, key_size), dim=1), torch.ones(1, dtype=torch.int64))
    new = Entry(
        torch.randn(1, tokens, WIDTH),
        F.normalize(torch.randn(1, key_size), dim=1),
        torch.ones(1),
        torch.ones(1, dtype=torch.int64),
        torch.zeros(1, dtype=torch.bool),
    )
    recall = policy.recall(query, bank)
    search = median_ms(lambda: policy.recall(query, bank), times)
    read = median_ms(lambda: bank.read(query, recall), times)
    replace = median_ms(lambda: bank.write(new, policy.slot_for(new, bank)), times)
    print(
        f"{policy.keys:7} key {key_size:8} tokens {tokens:5}: search {search:7.3f} ms, read {read:6.3f} ms,"
        f" replace {replace:7.3f} ms, in all {search + read + replace:7.3f} ms"
    )


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="also the paper's keys: 2 GB of memory")
    asked = parser.parse_args()
    for tokens in (256, TOKENS, 4096):
        measured(Confidence(), 256, tokens, torch.float32, 200)
    if asked.full:
        measured(Confidence.variant("paper"), 256 * 64 * 64, 4096, torch.bfloat16, 5)


if __name__ == "__main__":
    main()
