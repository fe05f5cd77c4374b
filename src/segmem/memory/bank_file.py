"""A memory of other cases as a file: safetensors, with a header that says what each entry is and who made them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch
from torch import Tensor

from segmem.core import Settings
from segmem.core.errors import FormatError, WeightsError
from segmem.io.tensors import read_header, read_tensors, write_tensors
from segmem.memory.bank import Entry, MemoryBank

FORMAT = 1
PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt", ".joblib")
TENSORS = tuple(f.name for f in fields(Entry))


class Encoder(Settings):
    """What made the entries; another one's cannot be compared with them."""

    name: str
    """Of the model."""
    sha256: str
    """Of the weights of image encoder and memory encoder, in bfloat16."""
    input_size: tuple[int, int]
    """(H, W) of the model's grid; 0 where it takes any."""


class Record(Settings):
    """What is known of one entry, beside its tensors. No name of a person or of a file is."""

    task: str = ""
    """As its maker called it."""
    modality: str = ""
    """CT, MR, endoscopy and so on; or only what the input was: image, video or volume."""
    class_name: str = ""
    """What the mask shows."""
    case: str = ""
    """A hash of the case's name."""
    confidence: float = 0.0
    """Predicted IoU, or the true one where it was known."""
    time: int = 0
    """When it was made, in seconds since 1970 (UTC)."""


@dataclass(frozen=True, slots=True)
class CaseBank:
    """Entries of other cases, by slot.

    Attributes:
        bank: one row of as many slots as there are records; None where there are none.
        records: of each slot.
        encoder: what made them.
    """

    bank: MemoryBank | None
    records: tuple[Record, ...]
    encoder: Encoder

    def only(self, slots: Sequence[int]) -> "CaseBank":
        """The entries in these slots, in this order."""
        records = tuple(self.records[slot] for slot in slots)
        if self.bank is None or not slots:
            return CaseBank(None, records, self.encoder)
        kept = {f.name: getattr(self.bank, f.name)[:, list(slots)] for f in fields(MemoryBank)}
        return CaseBank(replace(self.bank, **kept), records, self.encoder)

    def damaged(self) -> list[int]:
        """Slots whose numbers are not all finite."""
        if self.bank is None:
            return []
        parts = (self.bank.tokens[0], self.bank.key[0], self.bank.score[0])
        fine = torch.stack([part.flatten(1).isfinite().all(dim=1) for part in _rows(parts)]).all(dim=0)
        found: list[int] = (~fine).nonzero()[:, 0].tolist()
        return found


def _rows(parts: Sequence[Tensor]) -> list[Tensor]:
    return [part if part.ndim > 1 else part[:, None] for part in parts]


def read_bank(path: Path, *, even_damaged: bool = False) -> CaseBank:
    """The bank in a file.

    Args:
        path: as `write_bank` made it.
        even_damaged: give entries back that hold NaN or infinity, to be pruned.

    Raises:
        FormatError: it is a pickle, no bank, cut short, or holds damaged entries.
    """
    if path.suffix.lower() in PICKLES:
        raise FormatError(
            f"{path}: a bank of memory is not read from {path.suffix}: such a file is a Python pickle, which runs"
            " what it brings. docs/bank.md says how to turn the released one into a .safetensors safely."
        )
    header = read_header(path)
    if "bank" not in header:
        raise FormatError(f"{path}: holds no bank of memory; is it a model's weights? Give it with -m then.")
    if header["bank"] != FORMAT:
        raise FormatError(f"{path}: a bank of format {header['bank']}; this version reads format {FORMAT}.")
    records, encoder = _described(path, header)
    found = _whole(path, read_tensors(path), len(records))
    bank = CaseBank(found, records, encoder)
    if not even_damaged and (bad := bank.damaged()):
        told = ", ".join(map(str, bad[:5])) + (", ..." if len(bad) > 5 else "")
        raise FormatError(
            f"{path}: {len(bad)} of {len(records)} entries hold numbers that are none (entry {told})."
            f" Take them out: segmem bank prune {path.name} -o mended.safetensors"
        )
    return bank


def _described(path: Path, header: dict[str, object]) -> tuple[tuple[Record, ...], Encoder]:
    from pydantic import TypeAdapter, ValidationError

    try:
        records = TypeAdapter(tuple[Record, ...]).validate_python(header.get("entries"))
        return records, Encoder.model_validate(header.get("encoder"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise FormatError(f"{path}: its header does not describe a bank ({place}: {first['msg']}).") from None


def _whole(path: Path, tensors: dict[str, Tensor], count: int) -> MemoryBank | None:
    lengths = {name: len(tensors[name]) for name in TENSORS if name in tensors}
    if set(lengths) != set(TENSORS) or set(lengths.values()) != {count}:
        raise FormatError(f"{path}: names {count} entries and holds {lengths or 'none'}. Make it again.")
    if not count:
        return None
    return MemoryBank(**{name: tensors[name][None] for name in TENSORS})


def write_bank(path: Path, bank: CaseBank) -> None:
    """Write it whole or not at all: what was under that name stays until then.

    Raises:
        OutputError: it cannot be written, as on a full disk.
    """
    header = {
        "bank": FORMAT,
        "encoder": bank.encoder.model_dump(mode="json"),
        "entries": [record.model_dump(mode="json") for record in bank.records],
    }
    if bank.bank is None:
        tensors = {name: torch.zeros(0) for name in TENSORS}
    else:
        tensors = {name: getattr(bank.bank, name)[0] for name in TENSORS}
        tensors["tokens"] = tensors["tokens"].to(torch.bfloat16)
    write_tensors(path, tensors, header)


def require_made_by(bank: CaseBank, encoder: Encoder, path: Path) -> None:
    """Raise WeightsError where another encoder, or another input size, made the bank."""
    theirs = bank.encoder
    if theirs.sha256 != encoder.sha256:
        raise WeightsError(
            f"{path}: made by {theirs.name} ({theirs.sha256[:8]}), and the model here is {encoder.name}"
            f" ({encoder.sha256[:8]}): entries of another encoder say nothing to it. Use that model, or make a"
            " bank with this one (--update-bank)."
        )
    if theirs.input_size != encoder.input_size:
        sizes = [f"{h} x {w}" for h, w in (theirs.input_size, encoder.input_size)]
        raise WeightsError(
            f"{path}: made at an input of {sizes[0]}, and the model works at {sizes[1]}. Make the bank again"
            " at this size (--update-bank)."
        )
