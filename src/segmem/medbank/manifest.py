"""What a MedBank holds, beside what the paper counts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from segmem.core import Settings
from segmem.medbank.table import Table


@dataclass(slots=True)
class Tally:
    """What was written of one source.

    Attributes:
        slices: path of each picture to the patient it is of, each patient's name with its source's before it.
        tasks: path of each picture to its task's folder.
        cases: how many could be read.
        dropped: how many slices were left out for their shape.
        faults: cases that could not be read, and why.
    """

    slices: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    cases: int = 0
    dropped: int = 0
    faults: list[str] = field(default_factory=list)


class TaskCount(Settings):
    """Of one task."""

    images: int
    """Pairs of image and mask."""
    train: int
    """Of them, those that train."""
    val: int
    """Those that validate."""
    patients: int
    """Whose they are."""


class ModalityCount(Settings):
    """Of one modality."""

    tasks: int
    """Here."""
    images: int
    """Here."""
    paper_tasks: int | None
    """In the paper; none: it does not say."""
    paper_images: int | None
    """In the paper; none: the paper has no such modality."""


class Manifest(Settings):
    """Written as medbank.json."""

    segmem: str
    """The version that made it."""
    split: str
    """patient, or released: by image."""
    seed: int
    """That chose who validates."""
    sources: dict[str, dict[str, int | str]]
    """What was there: cases, slices left out, licence."""
    missing: tuple[str, ...]
    """Sources of the table that were not there."""
    tasks: dict[str, TaskCount]
    """By folder."""
    modalities: dict[str, ModalityCount]
    """Beside the paper's."""
    both_sides: int
    """Patients with slices that train and slices that validate; 0 where the split is by patient."""
    overlaps: tuple[str, ...]
    """What an external test cannot be made on, and cases that look alike."""
    faults: tuple[str, ...]
    """Cases that could not be read."""

    def text(self) -> str:
        """For people."""
        lines = [f"{'task':<28}{'images':>8}{'train':>8}{'val':>6}{'patients':>10}"]
        lines += [
            f"{n:<28}{c.images:>8}{c.train:>8}{c.val:>6}{c.patients:>10}" for n, c in self.tasks.items()
        ]
        lines += ["", f"{'modality':<28}{'images':>8}{'paper':>8}"]
        lines += [
            f"{n:<28}{c.images:>8}{'-' if c.paper_images is None else c.paper_images:>8}"
            for n, c in self.modalities.items()
        ]
        if self.both_sides:
            lines += [
                "",
                f"{self.both_sides} patients are in train.txt and in val.txt: the split is by image.",
            ]
        if self.missing:
            lines += ["", f"not there: {', '.join(self.missing)}"]
        return "\n".join([*lines, *(["", *self.overlaps] if self.overlaps else [])])


def task_counts(tallies: Sequence[Tally], side: Mapping[str, str]) -> dict[str, TaskCount]:
    """By task's folder, in the order of their names."""
    tasks = {path: task for tally in tallies for path, task in tally.tasks.items()}
    patients = {path: one for tally in tallies for path, one in tally.slices.items()}
    images = Counter(tasks.values())
    found = {}
    for name in sorted(images):
        mine = [path for path, task in tasks.items() if task == name]
        val = sum(side[path] == "val" for path in mine)
        whose = len({patients[path] for path in mine})
        found[name] = TaskCount(images=len(mine), train=len(mine) - val, val=val, patients=whose)
    return found


def modality_counts(table: Table, tasks: Mapping[str, TaskCount]) -> dict[str, ModalityCount]:
    """Of the table's modalities, those of the paper first."""
    of_folder = {folder: modality for (_, modality), folder in table.task_folders().items()}
    found = {}
    for name in dict.fromkeys([*table.paper, *(source.modality for source in table.sources)]):
        mine = [count for folder, count in tasks.items() if of_folder[folder] == name]
        paper = table.paper.get(name)
        found[name] = ModalityCount(
            tasks=len(mine),
            images=sum(count.images for count in mine),
            paper_tasks=None if paper is None else paper.tasks,
            paper_images=None if paper is None else paper.images,
        )
    return found
