"""A reproduction for people."""

from segmem.reproduce.published import published
from segmem.reproduce.run import Measured, Reproduction
from segmem.reproduce.told import told


def made(name: str, rows: tuple[Measured, ...] = ()) -> Reproduction:
    return Reproduction(
        table=name,
        scale="smoke",
        published=published(name),
        about="other data",
        rows=rows,
        hardware="Quick 9, 2 cores",
        test_cases=("op2",),
        versions={},
    )


def test_ours_stand_below_and_say_what_they_are() -> None:
    text = told(made("tmam-table1", (Measured(method="nano", values={"Dice": 0.5, "TC": None}),)))
    lines = text.splitlines()
    (ours,) = [line for line in lines if line.startswith("segmem: nano")]
    assert ours.split()[-2:] == ["0.5000", "-"]
    assert lines.index(ours) > next(i for i, line in enumerate(lines) if "MaxViT-T + TMAM" in line)
    assert "other data" in text
    assert "Made on: Quick 9, 2 cores." in text
    assert "calls it Dice" in text


def test_what_was_published_alone() -> None:
    text = told(made("samed2-external"))
    assert "mean as printed" in text
    assert "mean of the rows" in text
    assert "Made on" not in text
    assert "does not say" in told(made("lapg-btcv"))
