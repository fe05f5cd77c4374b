"""Whether confidence can be trusted, and what to look at first."""

from math import isfinite

from numpy.typing import ArrayLike

from segmem.evaluate.result import Result
from segmem.evaluate.sections.pictures import Made
from segmem.report import chart
from segmem.report.page import Cell, Drawing, Drawings, Picture, Pictures, Section, Table, Text


def trust(result: Result, made: Made, mark: str) -> list[Section]:
    if result.trust is None:
        about = Text(
            "The predictions do not tell how sure the model was. Videos of `segmem predict` do in frames.csv; with its"
            " --confidence every input does, pixel by pixel."
        )
        return [Section(f"Trust{mark}", (about,))]
    told = result.trust.told()
    names = {
        "frames": "frames or slices that tell their confidence",
        "lost_frames": "of them, in which a video's stream was lost",
        "ece": "expected calibration error of pixels, background agreed on left out",
        "overconfidence": "mean confidence of those pixels minus their accuracy",
        "aurc": "area under risk and coverage (risk: 1 - Dice), lower is better",
        "aurc_best_possible": "that area, had confidence ranked the frames as Dice does",
        "aurc_by_chance": "that area, if confidence said nothing",
        "caught_of_worst_5_percent": "share of the worst 5 % of frames that the review below finds",
    }
    rows = tuple(
        (Cell(what), Cell.of(told[name], "d" if name.endswith("frames") else ".4f"))
        for name, what in names.items()
    )
    drawn = []
    if result.trust.pixels is not None:
        counts = result.trust.pixels
        drawn.append(
            Drawing(
                chart.reliability(counts.confidence, counts.accuracy, counts.count),
                "Reliability of pixels: on the dotted line a model is right as often as it says, below it less often.",
            )
        )
    curve = result.trust.curve
    if curve.coverage.size:
        lines: dict[str, tuple[ArrayLike, ArrayLike]] = {
            "by confidence": (curve.coverage, curve.risk),
            "by chance": ([0, 1], [curve.chance] * 2),
        }
        drawn.append(
            Drawing(
                chart.curves(lines, "share of frames kept, the surest first", "mean of 1 - Dice"),
                "Risk against coverage: what is left of the error when the least sure frames are set aside.",
            )
        )
    looks = [
        Picture(made[one.case, one.frame], _caption(one.case, one.frame, one.confidence, one.dice))
        for one in result.trust.review
        if (one.case, one.frame) in made
    ]
    about = Text("Look at these first: the least sure frames or slices, those close to one another once.")
    return [
        Section(f"Trust{mark}", (Table(("measure", "value"), rows), Drawings(tuple(drawn)))),
        Section(f"To review{mark}", (about, Pictures(tuple(looks))) if looks else ()),
    ]


def _caption(case: str, frame: int, sure: float, dice: float) -> str:
    return f"{case}, {frame}: confidence {sure:.2f}" + (f", Dice {dice:.3f}" if isfinite(dice) else "")
