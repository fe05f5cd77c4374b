"""What came of one run's predictions."""

from dataclasses import dataclass

from segmem.evaluate.pairs import Pair
from segmem.evaluate.scores import CaseScores
from segmem.evaluate.summary import Entry
from segmem.evaluate.trust import Trust


@dataclass(frozen=True, slots=True)
class Result:
    """One run, measured.

    Attributes:
        name: of the run, unique among those that are compared.
        classes: names by id, the background first.
        pairs: by the case's name, of those that were measured.
        scored: of each case, sorted by name.
        entries: means over cases.
        trust: of its confidence; None where it told none.
        faults: what could not be measured, one line each; the rest stands.
        notes: what was left out, and why.
    """

    name: str
    classes: tuple[str, ...]
    pairs: dict[str, Pair]
    scored: tuple[CaseScores, ...]
    entries: tuple[Entry, ...]
    trust: Trust | None
    faults: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def groups(self) -> int:
        """Patients, videos or operations."""
        return len({one.group for one in self.scored})
