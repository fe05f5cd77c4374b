"""What a person asks of `segmem evaluate`."""

from collections.abc import Sequence
from math import inf
from pathlib import Path

from pydantic import Field

from segmem.core import Settings
from segmem.core.errors import UsageError
from segmem.evaluate.engine import Flow
from segmem.evaluate.scores import Plan


class Request(Settings):
    """One evaluation. The command's options, one field each."""

    predictions: tuple[Path, ...]
    """Folders of label maps, as `segmem predict` or another program wrote them; each is a run of its own."""
    models: tuple[str, ...] = ()
    """Shipped names, run folders or weights files; each predicts the data first."""
    data: Path
    """A folder of labelled cases."""
    out: Path
    """The folder of the results."""
    only: tuple[str, ...] = ()
    """Cases or groups of these names; none takes all."""
    group: str | None = None
    """A pattern that finds the patient, video or operation in a case's name; each case for its own without."""
    classes: tuple[str, ...] = ()
    """Names by id, the background first; none takes those of the predictions' manifest."""
    label_map: dict[int, int] = Field(default_factory=dict)
    """A label value of the truth to its class; values not named keep their own number."""
    tolerance: dict[str, float] = Field(default_factory=dict)
    """Of NSD by the name of a class, mm of a scan, else pixels; 2 for those not named."""
    surfaces: bool = True
    """Whether HD95, ASSD and NSD are taken."""
    flow: Flow | None = "fast"
    """Optical flow of temporal consistency: DIS's preset or RAFT's size; none leaves that out."""
    flow_weights: Path | None = None
    """RAFT's; none downloads torchvision's."""
    as_released: bool = False
    """Whether the papers' own numbers are made beside the right ones."""
    report: bool = True
    """Whether `report.html` is made."""
    workers: int | None = Field(default=None, ge=1)
    """Processes; none is one for each core."""

    def plan(self, classes: tuple[str, ...]) -> Plan:
        """What to measure of each case, once the classes are known.

        Raises:
            UsageError: a tolerance names no class.
        """
        unknown = sorted(set(self.tolerance) - set(classes[1:]))
        if unknown:
            raise UsageError(f"--tolerance {unknown[0]!r} is no class. Classes: {', '.join(classes[1:])}.")
        return Plan(
            classes=classes,
            label_map=self.label_map,
            tolerance=self.tolerance,
            surfaces=self.surfaces,
            flow=self.flow,
            flow_weights=self.flow_weights,
            as_released=self.as_released,
        )


def label_pairs(written: Sequence[str]) -> dict[int, int]:
    """`255=1` and the like, as numbers.

    Raises:
        UsageError: one is written otherwise.
    """
    pairs: dict[int, int] = {}
    for text in written:
        value, equals, name = text.partition("=")
        if not (equals and value.isdecimal() and name.isdecimal()):
            raise UsageError(f"--label-map {text!r} is not VALUE=CLASS, both whole numbers, as in 255=1.")
        pairs[int(value)] = int(name)
    return pairs


def tolerances(written: Sequence[str]) -> dict[str, float]:
    """`liver=3` and the like, by class.

    Raises:
        UsageError: one is written otherwise.
    """
    found: dict[str, float] = {}
    for text in written:
        name, equals, value = text.rpartition("=")
        try:
            found[name] = float(value)
        except ValueError:
            equals = ""
        if not equals or not name or not 0 <= found[name] < inf:
            raise UsageError(f"--tolerance {text!r} is not CLASS=LENGTH, 0 or more, as in liver=3.")
    return found
