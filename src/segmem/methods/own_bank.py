"""The memory of other cases that belongs to a model: what it was trained and measured with."""

from pathlib import Path

from segmem import catalogue
from segmem.core.errors import WeightsError
from segmem.io.tensors import digest
from segmem.state import Segmenter

BANK = "bank.safetensors"  # in a run folder
BANKS = catalogue.SHIPPED / "banks"
NOTHING = "none"
"""What is said for a bank where even a model's own is not to be read."""


def own_bank(name: str | Path) -> Path | None:
    """The bank of a shipped model or of a run folder; None where there is none.

    Raises:
        WeightsError: a shipped one is not the file that its card describes.
    """
    folder = Path(name)
    if folder.is_dir():
        return folder / BANK if (folder / BANK).is_file() else None
    shipped = BANKS / f"{name}.safetensors"
    if "/" in str(name) or "\\" in str(name) or not shipped.is_file():
        return None
    if digest(shipped) != catalogue.card(str(name)).bank_sha256:
        raise WeightsError(f"The bank of {name} is not the file its card describes. Install segmem again.")
    return shipped


def bank_for(model: Segmenter | str | Path, bank: str | Path | None) -> Path | None:
    """The bank that a model reads: the one that is given, `none` for no bank; else its own, where it is named."""
    if bank is not None:
        return None if str(bank) == NOTHING else Path(bank)
    return own_bank(model) if isinstance(model, str | Path) else None
