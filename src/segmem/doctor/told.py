"""A diagnosis as plain text: short, grouped, the most severe first."""

from collections import defaultdict
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from segmem.doctor.finding import ORDER, Diagnosis, Finding

PLACES = 3
"""Shown of one code; the others are counted."""
_WIDTH = 100


def told(diagnosis: Diagnosis, places: int = PLACES) -> str:
    """Lines for reading; `--json` has everything."""
    lines = [f"{diagnosis.path}: {diagnosis.kind}", *_facts(diagnosis.facts)]
    groups: dict[str, list[Finding]] = defaultdict(list)
    for one in diagnosis.findings:
        groups[one.code].append(one)
    for same in groups.values():
        lines += ["", *_group(same, places)]
    return "\n".join([*lines, "", _verdict(diagnosis)])


def _group(same: Sequence[Finding], places: int) -> list[str]:
    first = same[0]
    count = f" ({len(same)} places)" if len(same) > 1 else ""
    lines = [f"{first.severity.upper()}  {first.code}{count}"]
    for one in same[:places]:
        lines += _indented(f"{one.where}: {one.what.rstrip('.')}.")
    if len(same) > places:
        lines.append(f"    and {len(same) - places} more (--json lists all)")
    lines += _indented(f"Why it matters: {first.why}")
    lines += _indented(f"What to do: {first.do}")
    return lines


def _indented(text: str) -> list[str]:
    return wrap(text, _WIDTH, initial_indent="    ", subsequent_indent="      ", break_long_words=False)


def _facts(facts: dict[str, Any]) -> list[str]:
    plain = [f"{name} {_value(value)}" for name, value in facts.items() if name != "labels"]
    lines = wrap(", ".join(plain), _WIDTH, initial_indent="  ", subsequent_indent="  ") if plain else []
    for name, value in facts.get("labels", {}).items():
        shown = (
            f"{value['share']:.2%} in {value['cases']} cases"
            if isinstance(value, dict)
            else f"{value} pixels"
        )
        lines.append(f"  label {name}: {shown}")
    return lines


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(_number(number, name) for name, number in value.items())
    if isinstance(value, list):
        return (", " if any(isinstance(one, str) for one in value) else " x ").join(map(str, value))
    return str(value)


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' * (count != 1)}"


def _verdict(diagnosis: Diagnosis) -> str:
    if not diagnosis.findings:
        return "Nothing is wrong."
    numbers = [(s, sum(one.severity == s for one in diagnosis.findings)) for s in ORDER]
    counted = ", ".join(_number(number, severity) for severity, number in numbers if number)
    fixable = sum(one.fix for one in diagnosis.findings)
    hint = f" --fix writes corrected copies for {fixable} of them." if fixable else ""
    return f"{counted}.{hint}"
