"""What can be said of a file: a code with its reasons, a finding, and the diagnosis they make."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from segmem.core import Settings

Severity = Literal["ok", "note", "warning", "fault"]
ORDER: tuple[Severity, ...] = ("fault", "warning", "note", "ok")
"""Most severe first."""


class Finding(Settings):
    """One thing to know about one place."""

    severity: Severity
    code: str
    where: str
    """The file or case, from the path that was looked at."""
    what: str
    why: str
    do: str
    fix: bool
    """Whether `--fix` writes a corrected copy."""


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding, declared where it is looked for.

    Attributes:
        code: stable, for machines.
        severity: a fault stops reading or training; a warning may spoil a result; a note is good to know.
        title: what it is, in general.
        why: what comes of it.
        do: what to do.
        fixable: whether `--fix` can mend it.
    """

    code: str
    severity: Severity
    title: str
    why: str
    do: str
    fixable: bool = False

    def at(self, where: str, what: str, fix: bool | None = None) -> Finding:
        """The finding in a place; `fix` where this one differs from its kind."""
        return Finding(
            severity=self.severity,
            code=self.code,
            where=where,
            what=what,
            why=self.why,
            do=self.do,
            fix=self.fixable if fix is None else fix,
        )


class Looked(NamedTuple):
    """What one examination gives: plain facts by name, and findings."""

    facts: dict[str, Any]
    findings: list[Finding]


class Diagnosis(Settings):
    """What a path is and what there is to say of it."""

    path: str
    kind: str
    """What it was taken for, in words."""
    facts: dict[str, Any]
    findings: tuple[Finding, ...]
    """Most severe first."""

    @property
    def worst(self) -> Severity:
        """`ok` where there is no finding."""
        return worst(self.findings)


def worst(findings: Iterable[Finding]) -> Severity:
    """The highest severity; `ok` where there is none."""
    return min((one.severity for one in findings), key=ORDER.index, default="ok")


def sorted_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Most severe first, then by code; the order within a code stays."""
    return tuple(sorted(findings, key=lambda one: (ORDER.index(one.severity), one.code)))
