"""One run's model, and all that is the same for each of its cases."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from pathlib import Path

import torch

from segmem import catalogue, manifest
from segmem.core import Geometry, Kind
from segmem.core.errors import UsageError, WeightsError
from segmem.io.address import is_url
from segmem.io.case import Case
from segmem.io.sources import open_case
from segmem.io.tensors import digest
from segmem.manifest import CaseRecord, Failure, Manifest
from segmem.methods.load import find_weights, load
from segmem.methods.own_bank import bank_for
from segmem.predict.bank_session import BankSession
from segmem.predict.budget import Budget
from segmem.predict.clock import Clock
from segmem.predict.compute import Compute
from segmem.predict.explain import Explanation
from segmem.predict.grid_prompts import require_read
from segmem.predict.prompt_picture import show_prompts
from segmem.predict.request import Request
from segmem.predict.stream import OnFrames, Viewer, require_prompts
from segmem.state import Segmenter

PACKAGE = Path(__file__).parents[1]


@dataclass(slots=True)
class Job:
    """A loaded model with its name and hash, where it runs, and what was noticed on the way."""

    request: Request
    name: str
    sha256: str
    model: Segmenter
    compute: Compute
    hidden: str | None
    """A path of which the manifest tells the last part only."""
    shown: str | None = None
    """What it tells instead; the last part of a path to DICOM may be a patient's name."""
    warnings: list[str] = field(default_factory=list)
    session: BankSession | None = None
    """The memory of other cases; None where none was asked for."""
    latest: Viewer | None = None
    """What looked at the case that is being segmented."""

    def clock(self) -> Clock:
        """A fresh one."""
        return Clock(self.compute.device)

    def viewer(self, clock: Clock) -> Viewer:
        """A fresh look, for one case."""
        limit = self.request.max_memory
        budget = None if limit is None else Budget(limit)
        cases = None if self.session is None else self.session.cases()
        self.latest = Viewer(self.model, self.compute, clock, budget, self.request.memory, cases)
        if self.request.explain and self.session is not None:
            self.latest.explanation = Explanation(self.session.records)
        return self.latest

    def settle(self, case: Case, output: Path) -> None:
        """A case is whole: take in what it adds to the memory of other cases, and say what it used."""
        if self.session is None or self.latest is None:
            return
        if self.latest.explanation is not None:
            self.latest.explanation.write(output)
        self.session.keep(self.latest.cases, case.name, case.kind)
        self.latest = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Names by id; background's alone where objects are prompted."""
        return self.model.spec.classes[:1] if self.model.prompted else self.model.spec.classes

    def prompts(self, case: Case, geometry: Geometry, length: int | None) -> OnFrames:
        """What was asked, on the frames of this case; drawn too, where that was wished for.

        Raises:
            PromptError: a prompt cannot be meant.
            UsageError: a promptable model and no prompt.
        """
        asked = self.request.asked
        if asked is None:
            if self.model.prompted:
                require_prompts({})
            return {}
        placed = asked.place(geometry, length)
        if self.request.show_prompts is not None:
            show_prompts(open_case(case), placed, self.request.show_prompts)
        return {frame: list(group) for frame, group in groupby(placed, lambda prompt: prompt.frame)}

    def looks(self, kind: Kind, length: int, prompts: OnFrames) -> int:
        """How often the model looks at a frame of a clip in memory, for the progress bar."""
        if not self.model.prompted:
            return 2 * length
        way = self.request.direction or ("both" if kind == "volume" else "forward")
        ahead, behind = length - min(prompts), max(prompts) + 1
        return ahead * (way != "backward") + behind * (way != "forward")

    def mark(self, case: Case) -> dict[str, str]:
        """What must be the same for a half-done case to be continued."""
        size = sum(path.stat().st_size for path in case.paths)
        return {
            "weights": self.sha256,
            "input": f"{len(case.paths)} files, {size} bytes",
            "device": self.compute.device.type,
            "precision": self.compute.precision,
            "prompts": self.asked,
            "confidence": str(self.request.confidence),
            **({} if self.request.bank is None else {"bank": digest(self.request.bank)}),
        }

    @property
    def asked(self) -> str:
        """A hash of what was asked and decides the labels, masks by their content; empty where nothing was."""
        asked, tidy = self.request.asked, (self.request.min_volume_mm3, self.request.keep_largest)
        if asked is None:
            return sha256(repr(tidy).encode()).hexdigest() if any(tidy) else ""
        masks = [digest(said.mask) for said in asked.said if said.mask is not None]
        told = repr((asked, self.request.direction, masks, *(tidy if any(tidy) else ())))
        return sha256(told.encode()).hexdigest()

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
            command=manifest.command_line(self.request.command, self.hidden, self.shown),
            model=self.name,
            weights_sha256=self.sha256,
            prompts_sha256=self.asked,
            classes=self.classes,
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
    for number, path in enumerate(case.paths, start=1):
        text = text.replace(str(path), f"file {number}" if case.form == "dicom" else path.name)
    return text


def told_name(case: Case) -> str:
    """What a record says it was made of: the file's own name; of DICOM, where that may be the patient's, the case's."""
    return case.paths[0].name if case.paths and case.form != "dicom" else case.name


def prepare(request: Request, name: str, kind: Kind, private: bool = False) -> Job:
    """Check and load the model `name` for cases of `kind`; of a `private` input the path is not told.

    Raises:
        UsageError: it takes another kind.
        PromptError: a mask is rough, and it was not taught to read one.
        UnknownModelError: no model has that name.
        WeightsError: the weights are damaged.
        SurroundingsError: the device that was asked for is not there.
    """
    compute = Compute.choose(request.device, request.precision)
    if request.threads is not None:
        torch.set_num_threads(request.threads)
    path = find_weights(name)
    sha256 = _hash(path)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", UserWarning)
        model = load(path)
    noticed = [str(w.message) for w in seen if Path(w.filename).is_relative_to(PACKAGE)]
    if request.asked is not None and not model.prompted:
        raise UsageError(f"{name} takes no prompts: it names the classes it finds by itself. Leave them out.")
    require_read(model, () if request.asked is None else request.asked.said)
    own = model.spec.input
    if own != "any" and (own == "volume") != (kind == "volume"):
        usable = ", ".join(c.name for c in catalogue.cards() if c.accepts(kind)) or "none is shipped"
        raise UsageError(f"{name} segments {own}s, the input is a {kind}. Models for that: {usable}.")
    placed = compute.place(model)
    request = request.model_copy(update={"bank": bank_for(name, request.bank)})
    session = _session(request, placed, Path(name).name)
    hidden = (
        request.source if private or kind == "volume" or is_url(request.source) else None
    )  # a name, or a password
    told = [text.replace(str(path), path.name) for text in noticed]
    shown = "DICOM" if private else None
    if session is not None and session.empty and request.bank is not None:
        told.append(f"{request.bank.name} holds no entry: the answers are those without a bank.")
    return Job(request, Path(name).name, sha256, placed, compute, hidden, shown, told, session)


def _session(request: Request, model: Segmenter, name: str) -> BankSession | None:
    if request.explain and request.bank is None:
        raise UsageError("--explain says which entries of a bank were used. Give it with --bank.")
    if request.bank_task and request.update_bank is None:
        raise UsageError("--bank-task names the entries that --update-bank adds. Give that too.")
    if request.bank is None and request.update_bank is None:
        return None
    begun = request.resume and request.update_bank is not None and request.update_bank.is_file()
    file = request.update_bank if begun else request.bank
    return BankSession.begin(model, name, file, request.update_bank, request.bank_task)


def _hash(path: Path) -> str:
    found = digest(path)
    if path.parent == catalogue.SHIPPED and found != catalogue.card(path.stem).sha256:
        raise WeightsError(f"{path.name} is not the file its card describes. Install segmem again.")
    return found
