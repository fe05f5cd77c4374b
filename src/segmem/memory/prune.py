"""Take entries out of a bank of other cases."""

from collections import Counter
from collections.abc import Sequence

from segmem.core.errors import UsageError, nearest
from segmem.memory.bank_file import CaseBank


def pruned(
    bank: CaseBank,
    keep: int | None = None,
    tasks: Sequence[str] = (),
    below: float | None = None,
) -> CaseBank:
    """The entries that are left; those with numbers that are none always go.

    Args:
        bank: as `read_bank(path, even_damaged=True)` gives it.
        keep: so many at most, the surest, and of as many tasks as there are: tasks take turns.
        tasks: whose entries go.
        below: entries of less confidence go.

    Raises:
        UsageError: there is no such task.
    """
    known = sorted({record.task for record in bank.records})
    for task in tasks:
        if task not in known:
            raise UsageError(f"The bank holds no entry of task {task!r}." + nearest(task, known))
    bad = set(bank.damaged())
    left = [
        slot
        for slot, record in enumerate(bank.records)
        if slot not in bad and record.task not in tasks and (below is None or record.confidence >= below)
    ]
    if keep is not None:
        left = sorted(_in_turns(bank, left)[:keep])
    return bank.only(left)


def _in_turns(bank: CaseBank, slots: Sequence[int]) -> list[int]:
    """The surest of every task, then the second of every task, and so on."""
    by_confidence = sorted(slots, key=lambda slot: -bank.records[slot].confidence)
    seen: Counter[str] = Counter()
    turns: list[tuple[int, int]] = []
    for place, slot in enumerate(by_confidence):
        task = bank.records[slot].task
        turns.append((seen[task], place))
        seen[task] += 1
    return [by_confidence[place] for _, place in sorted(turns)]
