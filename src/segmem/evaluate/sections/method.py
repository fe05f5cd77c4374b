"""How it was measured, and what was not."""

from collections.abc import Sequence

from segmem.evaluate.request import Request
from segmem.evaluate.result import Result
from segmem.report.page import Section, Text


def method(request: Request, results: Sequence[Result]) -> Section:
    lines = [
        Text(f"{result.name}: {line}", warning=warning)
        for result in results
        for warning, each_line in ((True, result.faults), (False, result.notes))
        for line in each_line
    ]
    how = Text(
        "Dice, IoU: of pixels or voxels. F: outlines within 0.8 % of the diagonal, as DAVIS has it; J and F: the mean"
        " of IoU and F. HD95 and ASSD as MONAI defines them, NSD as surface-distance does, in millimetres for scans"
        " and pixels otherwise; its tolerance is part of its name. TC: IoU of each class with the frame before,"
        " carried along optical flow, the truth's own beside it, since a frozen answer scores 1."
    )
    mapped = ", ".join(f"{value} is {name}" for value, name in request.label_map.items())
    label = (Text(f"Values of the truth's labels: {mapped}."),) if mapped else ()
    return Section("How it was measured", (*lines, how, *label))
