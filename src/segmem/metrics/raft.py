"""The flow engine RAFT, of torchvision, with weights from a file or downloaded (Teed and Deng, ECCV 2020)."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.core.errors import SurroundingsError, WeightsError
from segmem.io.checkpoint import read_checkpoint
from segmem.io.tensors import digest
from segmem.metrics.flow import Picture, Step

Size = Literal["large", "small"]
CELL, LEAST = 8, 128  # frames are padded to a multiple of the one and to the other at least
UPDATES = 12  # of the flow, as torchvision's default


class Raft:
    """RAFT on the CPU or another device.

    Args:
        weights: torchvision's checkpoint of this size (`raft_large_C_T_SKHT_V2-*.pth`, say); None downloads
            torchvision's own default.
        size: of the network.
        device: where it runs.

    Raises:
        FormatError: the file is no checkpoint; nothing in it was executed.
        WeightsError: its tensors are not those of a RAFT of this size.
        SurroundingsError: the download failed.
    """

    def __init__(
        self, weights: Path | None = None, size: Size = "large", device: torch.device | str = "cpu"
    ) -> None:
        import torchvision
        from torchvision.models import optical_flow

        self._model = getattr(optical_flow, f"raft_{size}")(weights=None, progress=False)
        state = _downloaded(optical_flow, size) if weights is None else read_checkpoint(weights)
        _fill(self._model, state, size, weights)
        self._model.to(device).eval()
        mark = "torchvision's weights" if weights is None else f"weights {digest(weights)[:8]}"
        self.name = f"RAFT {size}, torchvision {torchvision.__version__.split('+')[0]}, {mark}"

    def ready(self, frame: Picture) -> Tensor:
        """(1, 3, H, W), -1 to 1, on the network's device."""
        device = next(self._model.parameters()).device
        return torch.from_numpy(np.ascontiguousarray(frame)).to(device)[None].float() / 127.5 - 1

    @torch.inference_mode()
    def step(self, start: Tensor, end: Tensor) -> Step:
        """See `FlowEngine`."""
        high, wide = start.shape[-2:]
        found = self._model(_padded(start), _padded(end), num_flow_updates=UPDATES)[-1]
        step: Step = found[0, :, :high, :wide].permute(1, 2, 0).float().cpu().numpy()
        return step


def _padded(frame: Tensor) -> Tensor:
    """Grown to the right and below by what is at the edge."""
    high, wide = (max(LEAST, -(-side // CELL) * CELL) - side for side in frame.shape[-2:])
    return F.pad(frame, (0, wide, 0, high), mode="replicate")


def _fill(model: Any, state: dict[str, Tensor], size: Size, path: Path | None) -> None:
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsError(
            f"{path}: not the weights of torchvision's raft_{size} ({len(state)} tensors). Name the other size, or"
            " another file."
        ) from error


def _downloaded(optical_flow: Any, size: Size) -> dict[str, Tensor]:
    chosen = getattr(optical_flow, f"Raft_{size.capitalize()}_Weights").DEFAULT
    try:
        state: dict[str, Tensor] = chosen.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError) as error:
        raise SurroundingsError(
            f"RAFT's weights could not be downloaded ({error}). Give the file, or use the engine dis."
        ) from error
    return state
