"""How cases of each class lie, as a section."""

import pytest

from measured import result, scored
from segmem.evaluate.sections.classes import classes
from segmem.report.page import Drawings

pytest.importorskip("matplotlib")


def test_a_row_for_each_class_and_run() -> None:
    runs = [result(name, [scored("a", {"shaft": 0.5, "tip": 0.6})]) for name in ("x", "y")]
    (drawings,) = classes(runs).blocks
    assert isinstance(drawings, Drawings)
    (dice,) = drawings.each
    assert all(label in dice.svg for label in ("shaft, x", "tip, y"))
    assert "mean of classes" not in dice.svg
    assert classes([result("r", [scored("a", {})])]).blocks == ()
