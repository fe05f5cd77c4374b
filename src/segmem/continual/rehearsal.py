"""Old cases learnt from again beside new ones: chosen by chance (replay), or as the surest of each task (bank)."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from segmem.continual.kept import Kept
from segmem.continual.settings import BankSettings, ReplaySettings
from segmem.continual.sureness import sureness
from segmem.data.sample import Source
from segmem.data.splits import rank
from segmem.memory import CaseMemory
from segmem.prompted import PromptedSegmenter
from segmem.train.course import Course
from segmem.train.prompted_objective import Lesson, PromptedObjective

Entries = dict[str, list[tuple[str, float]]]
"""By task: names of cases and how often each is rehearsed, the first to keep first."""
Order = Callable[[Course, Source], list[tuple[str, float]]]
"""All cases of a task's source in the order in which they are kept."""
DRAWS = 2**31 - 1


class Rehearsal:
    """Entries name cases of earlier tasks, whose features, masks and prompts lie in the run's cache. In each step, a
    batch of them costs what it would if it were new; tasks are drawn alike, entries as their weight says.

    Args:
        size: entries of all tasks together.
        batch: entries a step; None: as many as new clips.
        weight: of their loss.
        order: which cases of a task are kept first.
        kept: where the entries are written.
    """

    def __init__(self, size: int, batch: int | None, weight: float, order: Order, kept: Kept) -> None:
        self.size, self.batch, self.weight, self.order, self.kept = size, batch, weight, order, kept
        self._course: Course | None = None
        self._sources: tuple[Source, ...] = ()
        self._entries: Entries = {}

    def before_task(self, course: Course, task: int) -> None:
        """Find the cases that the entries of earlier tasks name."""
        self._course = course
        found = self.kept.read_list(task - 1) if task else {}
        self._entries = {name: [(case, weight) for case, weight in listed] for name, listed in found.items()}
        self._sources = tuple(sources_of(self._entries, course.material.sources))

    def loss(self, objective: PromptedObjective, lesson: Lesson) -> Tensor | None:  # noqa: ARG002
        """That of a batch of old cases."""
        if not self._sources or self._course is None:
            return None
        draw = int(
            torch.randint(DRAWS, ())
        )  # torch's state is in the checkpoint: a resumed run draws the same
        old = self._course.lesson(draw, "rehearsal", self.batch, self._sources)
        loss: Tensor = objective(*old)
        return self.weight * loss

    def cases(self, model: PromptedSegmenter) -> CaseMemory | None:  # noqa: ARG002
        """Nothing."""
        return None

    def after_task(self, course: Course, task: int) -> None:
        """Make room, and take in this task's cases."""
        for source in course.material.of((), course.stage.sources):
            self._entries[source.name] = self.order(course, source)
        self._entries = shared(self._entries, self.size)
        self.kept.write_list(task, self._entries)


def replay(settings: ReplaySettings, kept: Kept) -> Rehearsal:
    """Cases that chance keeps."""
    return Rehearsal(settings.size, settings.batch, settings.weight, by_chance, kept)


def bank(settings: BankSettings, kept: Kept) -> Rehearsal:
    """The surest cases of each task, the surer the more often."""
    return Rehearsal(settings.capacity, settings.batch, settings.weight, by_sureness, kept)


def by_chance(course: Course, source: Source) -> list[tuple[str, float]]:
    """Cases by a hash of seed and name."""
    names = sorted((case.name for case in source.cases), key=lambda name: rank(name, course.settings.seed))
    return [(name, 1.0) for name in names]


def by_sureness(course: Course, source: Source) -> list[tuple[str, float]]:
    """Cases by how sure the network is of them, with that for a weight; those it fails on altogether are left out."""
    model = course.model
    assert isinstance(model, PromptedSegmenter)  # noqa: S101  streams are of promptable networks
    wish = (source.prompts or course.stage.prompted.prompts).main()
    sure = [(case.name, sureness(model, case, wish)) for case in source.cases]
    return sorted((one for one in sure if one[1] > 0), key=lambda one: (-one[1], one[0]))


def shared(entries: Entries, size: int) -> Entries:
    """The first entries of each task, as many of each as `size` leaves, but one at least."""
    share = max(1, size // max(1, len(entries)))
    return {task: listed[:share] for task, listed in entries.items()}


def sources_of(entries: Mapping[str, Sequence[tuple[str, float]]], among: Sequence[Source]) -> list[Source]:
    """A source for each entry, the weights of each task's together 1."""
    made = []
    for source in among:
        listed = entries.get(source.name, ())
        known = {case.name: case for case in source.cases}
        total = sum(weight for _, weight in listed)
        made += [
            Source([known[name]], weight / total, source.name, source.prompts)
            for name, weight in listed
            if name in known
        ]
    return made
