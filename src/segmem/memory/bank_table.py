"""What a bank of other cases holds, as lines for people and as numbers for programs."""

from collections import Counter
from datetime import UTC, datetime

from segmem.memory.bank_file import CaseBank

COLUMNS = ("entry", "task", "modality", "class", "case", "confidence", "time")


def as_numbers(bank: CaseBank) -> dict[str, object]:
    """All of it but the tensors."""
    tokens = None if bank.bank is None else list(bank.bank.tokens.shape[2:])
    return {
        "encoder": bank.encoder.model_dump(mode="json"),
        "tokens": tokens,
        "damaged": bank.damaged(),
        "entries": [
            {"entry": slot, **record.model_dump(mode="json")} for slot, record in enumerate(bank.records)
        ],
    }


def as_text(bank: CaseBank) -> str:
    """A table with a line an entry, under what made them."""
    h, w = bank.encoder.input_size
    damaged = set(bank.damaged())
    tasks = Counter(record.task or "-" for record in bank.records)
    lines = [
        f"{len(bank.records)} entries of {bank.encoder.name} ({bank.encoder.sha256[:8]}) at {h} x {w}",
        "tasks: " + (", ".join(f"{task} {count}" for task, count in sorted(tasks.items())) or "none"),
    ]
    rows: list[tuple[str, ...]] = [COLUMNS] if bank.records else []
    for slot, record in enumerate(bank.records):
        when = datetime.fromtimestamp(record.time, UTC).strftime("%Y-%m-%d %H:%M")
        sure = "damaged" if slot in damaged else f"{record.confidence:.3f}"
        words = (record.task, record.modality, record.class_name, record.case)
        rows.append((str(slot), *(word or "-" for word in words), sure, when))
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))] if rows else []
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
