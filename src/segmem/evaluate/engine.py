"""Which optical flow steadiness is measured along."""

from pathlib import Path
from typing import Literal

from segmem.metrics.flow import FlowEngine

Flow = Literal["fast", "medium", "raft", "raft-small"]
"""DIS's presets, or RAFT's sizes."""


def make_engine(flow: Flow, weights: Path | None = None) -> FlowEngine:
    """The engine of that name.

    Args:
        flow: of `Flow`.
        weights: RAFT's; None downloads torchvision's. DIS has none.

    Raises:
        MissingExtraError: OpenCV is not installed.
        FormatError: the weights are no checkpoint.
        WeightsError: they are another network's.
        SurroundingsError: they could not be downloaded.
    """
    if flow in {"raft", "raft-small"}:
        from segmem.metrics.raft import Raft

        return Raft(weights, "large" if flow == "raft" else "small")
    from segmem.metrics.dis import Dis

    return Dis("fast" if flow == "fast" else "medium")
