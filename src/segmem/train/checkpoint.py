"""Where training stands, in one safetensors file, so that a resumed run equals an unbroken one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from segmem.core.errors import InputError, WeightsError
from segmem.io.tensors import read_header, read_tensors, write_tensors

KEPT = 2  # the last one may be on a disk that fails


@dataclass(frozen=True, slots=True)
class Position:
    """The next step to take: `stage` counts from 0, `step` within it, `total` over all stages."""

    stage: int = 0
    step: int = 0
    total: int = 0


def write_checkpoint(folder: Path, position: Position, model: nn.Module, optimizer: Optimizer | None) -> Path:
    """Write the weights as they are (not averaged), the optimiser's state and the random state.

    The file appears under its name only when it is whole and on disk; then all but the last two go.

    Args:
        folder: of the run's checkpoints.
        position: of the next step.
        model: what is trained.
        optimizer: of the stage; None between two stages.

    Raises:
        OutputError: the folder cannot be written.
    """
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    header: dict[str, Any] = {"stage": position.stage, "step": position.step, "total": position.total}
    if optimizer is not None:
        state = optimizer.state_dict()
        header["groups"] = state["param_groups"]
        for index, slots in state["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in slots.items()}
    tensors["random"] = torch.get_rng_state()
    path = folder / f"step-{position.total:08d}.safetensors"
    write_tensors(path, {name: value.clone() for name, value in tensors.items()}, {"training": header})
    for old in checkpoints(folder)[:-KEPT]:
        old.unlink()
    return path


def checkpoints(folder: Path) -> list[Path]:
    """Whole checkpoints, oldest first."""
    return sorted(folder.glob("step-*.safetensors"))


def latest(folder: Path) -> Path:
    """The newest checkpoint.

    Raises:
        InputError: there is none.
    """
    found = checkpoints(folder)
    if not found:
        raise InputError(f"{folder}: no checkpoint to resume from. Train without --resume first.")
    return found[-1]


def read_position(path: Path) -> Position:
    """Where a checkpoint stands.

    Raises:
        WeightsError: the file is no checkpoint.
    """
    header = _training(path)
    return Position(header["stage"], header["step"], header["total"])


def restore(path: Path, model: nn.Module, optimizer: Optimizer | None) -> None:
    """Fill the model, the optimiser and PyTorch's random state from a checkpoint.

    Args:
        path: of the checkpoint.
        model: of the same network.
        optimizer: over the same parameters; None leaves its state aside.

    Raises:
        WeightsError: the file is no checkpoint of this network.
    """
    tensors = read_tensors(path)
    torch.set_rng_state(tensors.pop("random"))
    weights = {n.removeprefix("model."): t for n, t in tensors.items() if n.startswith("model.")}
    try:
        model.load_state_dict(weights)
    except RuntimeError as fault:
        raise WeightsError(
            f"{path}: not a checkpoint of this network: {' '.join(str(fault).split())}"
        ) from None
    groups = _training(path).get("groups")
    if optimizer is None or groups is None:
        return
    slots: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, index, slot = name.split(".")
            slots.setdefault(int(index), {})[slot] = value
    for group in groups:
        group["betas"] = tuple(group["betas"])  # JSON has no tuples
    optimizer.load_state_dict({"state": slots, "param_groups": groups})
    _lay_out(optimizer)


def _lay_out(optimizer: Optimizer) -> None:
    """Give each slot its parameter's memory layout, as it was: another one rounds differently. Counters have none."""
    for parameter, slots in optimizer.state.items():
        for name, value in slots.items():
            if value.shape == parameter.shape:
                slots[name] = torch.empty_like(parameter).copy_(value)


def _training(path: Path) -> dict[str, Any]:
    header = read_header(path).get("training")
    if not isinstance(header, dict):
        raise WeightsError(f"{path}: not a training checkpoint.")
    return header
