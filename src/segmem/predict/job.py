"""One run's model, and all that is the same for each of its cases."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch

from segmem import catalogue, manifest
from segmem.core import Kind
from segmem.core.errors import UsageError, WeightsError
from segmem.io.sources import Case
from segmem.io.tensors import digest
from segmem.manifest import CaseRecord, Failure, Manifest
from segmem.methods.load import find_weights, load
from segmem.predict.clock import Clock
from segmem.predict.compute import Compute
from segmem.predict.request import Request
from segmem.predict.stream import Viewer
from segmem.segmenter import MemorySegmenter

PACKAGE = Path(__file__).parents[1]


@dataclass(slots=True)
class Job:
    """A loaded model with its name and hash, where it runs, and what was noticed on the way."""

    request: Request
    name: str
    sha256: str
    model: MemorySegmenter
    compute: Compute
    hidden: str | None
    """A path of which the manifest tells the last part only."""
    warnings: list[str] = field(default_factory=list)

    def clock(self) -> Clock:
        """A fresh one."""
        return Clock(self.compute.device)

    def viewer(self, clock: Clock) -> Viewer:
        """A fresh look, for one case."""
        return Viewer(self.model, self.compute, clock)

    def mark(self, case: Case) -> dict[str, str]:
        """What must be the same for a half-done case to be continued."""
        size = sum(path.stat().st_size for path in case.paths)
        return {
            "weights": self.sha256,
            "input": f"{len(case.paths)} files, {size} bytes",
            "device": self.compute.device.type,
            "precision": self.compute.precision,
        }

    def manifest(
        self,
        clock: Clock,
        cases: Sequence[CaseRecord],
        failures: Sequence[Failure] = (),
        finished: bool = True,
    ) -> Manifest:
        """The record of `cases`, with the timings so far."""
        return Manifest(
            finished=finished,
            versions=manifest.versions(),
            command=manifest.command_line(self.request.command, self.hidden),
            model=self.name,
            weights_sha256=self.sha256,
            classes=self.model.spec.classes,
            device=str(self.compute.device),
            precision=self.compute.precision,
            threads=torch.get_num_threads(),
            cases=tuple(cases),
            failures=tuple(failures),
            timings=clock.timings(),
            warnings=tuple(self.warnings),
        )

    @contextmanager
    def noting(self, case: Case) -> Iterator[None]:
        """Keep what our readers warn of; nobody else's warning reaches the user."""
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always", UserWarning)
            yield
        ours = [str(w.message) for w in seen if Path(w.filename).is_relative_to(PACKAGE)]
        self.warnings.extend(nameless(case, text) for text in ours)


def nameless(case: Case, text: str) -> str:
    """`text` with the paths of the case cut to their names: folders often carry a patient's."""
    for path in case.paths:
        text = text.replace(str(path), path.name)
    return text


def prepare(request: Request, name: str, kind: Kind) -> Job:
    """Check and load the model `name` for cases of `kind`.

    Raises:
        UsageError: it takes another kind.
        UnknownModelError: no model has that name.
        WeightsError: the weights are damaged.
        SurroundingsError: the device that was asked for is not there.
    """
    compute = Compute.choose(request.device, request.precision)
    if request.threads is not None:
        torch.set_num_threads(request.threads)
    path = find_weights(name)
    sha256 = _hash(path)
    model = load(path)
    if (model.spec.input == "volume") != (kind == "volume"):
        usable = ", ".join(c.name for c in catalogue.cards() if c.accepts(kind)) or "none is shipped"
        raise UsageError(
            f"{name} segments {model.spec.input}s, the input is a {kind}. Models for that: {usable}."
        )
    hidden = request.source if kind == "volume" else None
    return Job(request, Path(name).name, sha256, compute.place(model), compute, hidden)


def _hash(path: Path) -> str:
    found = digest(path)
    if path.parent == catalogue.SHIPPED and found != catalogue.card(path.stem).sha256:
        raise WeightsError(f"{path.name} is not the file its card describes. Install segmem again.")
    return found
