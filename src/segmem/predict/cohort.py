"""Many cases, one model: a bad case is noted, the rest go on."""

from pathlib import Path

from segmem import manifest
from segmem.core.errors import InterruptedRun, SegmemError, SurroundingsError
from segmem.io.case import Case
from segmem.io.colour_table import beside as colours_beside
from segmem.io.colour_table import write_colour_table
from segmem.io.confidence import FOLDER, beside
from segmem.manifest import CaseRecord, Failure, Manifest
from segmem.predict.beside_scan import extra_paths
from segmem.predict.handover import also
from segmem.predict.job import Job, nameless, told_name
from segmem.predict.still import segment_still
from segmem.predict.targets import Target, Targets
from segmem.predict.video import segment_video
from segmem.predict.watch import Watch


class Cohort:
    """The cases of one run, one after the other."""

    def __init__(self, job: Job, found: Targets, watch: Watch) -> None:
        self.job = job
        self.found = found
        self.watch = watch
        self.clock = job.clock()
        self.cases: list[CaseRecord] = []
        self.failures: list[Failure] = []
        self.earlier = self._usable(found.manifest)

    def go(self) -> Manifest:
        """Segment all that is not whole already; the manifest, as it was written.

        Raises:
            InputError: the only case is a bad one.
            OutputError: the output cannot be written.
            InterruptedRun: a stop was asked for; what is whole stays.
        """
        for target in self.found.each:
            whole = self._whole(target)
            if whole is not None:
                self.cases.append(whole)
                continue
            try:
                self._attempt(target)
            except InterruptedRun:
                self._keep(finished=False)
                self._save_bank()
                raise
            if not self._alone:
                self._keep(finished=False)  # so that a run that is killed can be resumed
        self._save_bank()
        return self._keep(finished=True)

    def _save_bank(self) -> None:
        """What the cases that are whole added to the memory of other cases; `--resume` goes on from it."""
        if self.job.session is not None:
            self.job.session.save()

    @property
    def _alone(self) -> bool:
        return len(self.found.each) == 1

    def _attempt(self, target: Target) -> None:
        """Segment one case; of several, a bad one is noted."""
        clock = self.job.clock()
        segment = segment_video if target.case.kind == "video" else segment_still
        try:
            record = segment(self.job, target.case, target.path, self.watch, clock)
        except SurroundingsError:
            raise
        except Exception as error:
            if self._alone or isinstance(error, InterruptedRun):
                raise
            self.failures.append(_failure(target.case, error))
        else:
            self.cases.append(record)
            self.job.settle(target.case, target.path)
        self.clock.add(clock)

    def _keep(self, finished: bool) -> Manifest:
        """Write down what there is. A video alone wrote its own manifest."""
        if self._alone and self.found.each[0].case.kind == "video":
            own = manifest.read(self.found.manifest)
            return own or self.job.manifest(self.clock, self.cases, self.failures, finished=False)
        record = self.job.manifest(self.clock, self.cases, self.failures, finished)
        if self.cases or self.failures:
            if finished:
                self._name_colours()
            record.write(self.found.manifest)
        return record

    def _name_colours(self) -> None:
        """The colour table of scans; prompted objects have no names."""
        scans = any(record.kind == "volume" for record in self.cases)
        if scans and not self.job.model.prompted:
            write_colour_table(colours_beside(self.found.manifest), self.job.classes)

    def _whole(self, target: Target) -> CaseRecord | None:
        """What an earlier run with these weights says of a case that need not be done again."""
        if self.job.request.confidence and not _confidence(target).exists():
            return None
        if target.case.kind == "video":
            own = self._usable(target.path / manifest.NAME)
            return own.cases[0].model_copy(update={"output": target.path.name}) if own and own.cases else None
        if self.earlier is None or not target.path.is_file():
            return None
        beside_it = also(self.job.request, target.path) + extra_paths(self.job.request, target.path)
        if not all(path.is_file() for path in beside_it):
            return None
        return next((record for record in self.earlier.cases if record.output == target.path.name), None)

    def _usable(self, path: Path) -> Manifest | None:
        found = manifest.read(path) if self.job.request.resume else None
        if found is None or (found.weights_sha256, found.prompts_sha256) != (self.job.sha256, self.job.asked):
            return None
        return found


def _confidence(target: Target) -> Path:
    """Where its maps of confidence are."""
    return target.path / FOLDER if target.case.kind == "video" else beside(target.path)


def _failure(case: Case, error: Exception) -> Failure:
    text = (
        str(error) if isinstance(error, SegmemError) else f"Internal error: {type(error).__name__}: {error}"
    )
    return Failure(input=told_name(case), error=nameless(case, text))
