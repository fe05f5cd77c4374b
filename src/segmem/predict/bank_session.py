"""The memory of other cases during one run: read from a file, told to every case, and written to another on purpose."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Self

from segmem.core.errors import UsageError
from segmem.memory import CaseMemory, MemoryBank
from segmem.memory.bank_file import CaseBank, Encoder, Record, read_bank, require_made_by, write_bank
from segmem.memory.cases import OVERLAY, chosen, held, kept
from segmem.methods.identity import encoder_of
from segmem.prompted import PromptedSegmenter
from segmem.state import Segmenter


@dataclass(slots=True)
class BankSession:
    """One run's bank. A case that fails leaves nothing in it.

    Attributes:
        model: whose policy decides what is kept.
        encoder: what makes its entries.
        bank: of all entries, None where there is none.
        records: of each slot.
        out: where the bank goes with what this run adds; None adds nothing.
        task: what new entries are said to be of.
        now: the time, in seconds since 1970.
    """

    model: PromptedSegmenter
    encoder: Encoder
    bank: MemoryBank | None = None
    records: dict[int, Record] = field(default_factory=dict)
    out: Path | None = None
    task: str = ""
    now: Callable[[], float] = time.time

    @classmethod
    def begin(cls, model: Segmenter, name: str, file: Path | None, out: Path | None, task: str = "") -> Self:
        """Read the bank `file`, or begin an empty one.

        Raises:
            UsageError: the model has no memory of other cases, or `out` would not be read again.
            FormatError: it is no bank, or damaged.
            WeightsError: another encoder, or another input size, made it.
        """
        encoder = encoder_of(model, name)
        assert isinstance(model, PromptedSegmenter)  # noqa: S101  `encoder_of` has seen to it
        if out is not None and out.suffix.lower() != ".safetensors":
            raise UsageError(f"--update-bank {out}: a bank is a .safetensors file.")
        if file is None:
            return cls(model, encoder, out=out, task=task)
        found = read_bank(file)
        require_made_by(found, encoder, file)
        device = next(model.parameters()).device
        bank = None if found.bank is None else found.bank.to(device)
        return cls(model, encoder, bank, dict(enumerate(found.records)), out, task)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to read."""
        return not self.records

    def cases(self) -> CaseMemory:
        """What a case is told, with room for what it adds where this run keeps that."""
        return CaseMemory(self.bank, room=0 if self.out is None else OVERLAY)

    def keep(self, cases: CaseMemory | None, name: str, modality: str) -> None:
        """Take in what a case added; it is read from the next case on.

        Args:
            cases: as the case left it.
            name: of the case, of which a hash is kept.
            modality: of its images.
        """
        if self.out is None or cases is None or cases.overlay is None or self.model.across is None:
            return
        self.bank, came = kept(cases, self.model.across.policy)
        case = sha256(name.encode()).hexdigest()[:16]
        for slot in came:
            score = 0.0 if self.bank is None else float(self.bank.score[0, slot])
            self.records[slot] = Record(
                task=self.task,
                modality=modality,
                class_name="object",
                case=case,
                confidence=round(score, 4),
                time=int(self.now()),
            )

    def save(self) -> None:
        """Write the bank where it was asked for.

        Raises:
            OutputError: it cannot be written; what was there stays.
        """
        if self.out is None:
            return
        slots = [] if self.bank is None else held(self.bank)
        bank = None if self.bank is None or not slots else chosen(self.bank, slots)
        write_bank(self.out, CaseBank(bank, tuple(self.records[slot] for slot in slots), self.encoder))


def told_by(bank: str | Path | None, model: Segmenter, name: str = "This model") -> CaseMemory | None:
    """What the bank in a file tells every case, which adds nothing to it; None where there is no file.

    Raises:
        UsageError, FormatError, WeightsError: see `BankSession.begin`.
    """
    return None if bank is None else BankSession.begin(model, name, Path(bank), None).cases()
