"""Weights files: a spec in the header, tensors in bf16; by shipped name, run folder or path."""

from collections.abc import Mapping
from pathlib import Path

import torch
from pydantic import ValidationError
from torch import Tensor

from segmem.core.errors import UnknownModelError, WeightsError, nearest
from segmem.io.tensors import read_header, read_tensors, write_tensors
from segmem.methods.build import build
from segmem.methods.spec import ModelSpec
from segmem.segmenter import MemorySegmenter

SHIPPED = Path(__file__).parents[1] / "models"
WEIGHTS = "model.safetensors"  # in a run folder


def find_weights(name: str | Path) -> Path:
    """The weights file that a shipped name, a run folder or a path means.

    Raises:
        UnknownModelError: none of the three; the nearest shipped name is suggested.
    """
    path = Path(name)
    if path.suffix == ".safetensors" and path.is_file():
        return path
    if (path / WEIGHTS).is_file():
        return path / WEIGHTS
    shipped = sorted(file.stem for file in SHIPPED.glob("*.safetensors"))
    if str(name) in shipped:
        return SHIPPED / f"{name}.safetensors"
    raise UnknownModelError(
        f"No model {str(name)!r}: not a shipped name, a run folder with {WEIGHTS} or a .safetensors file."
        + nearest(str(name), shipped)
    )


def load(name: str | Path, device: str | torch.device = "cpu") -> MemorySegmenter:
    """A model ready for use (eval mode, no gradients).

    Args:
        name: a shipped model (`segmem models`), a run folder, or a weights file.
        device: where it will run.

    Raises:
        UnknownModelError: there is no such model.
        WeightsError: the file is not one of ours, or its tensors are not the network's.
    """
    path = find_weights(name)
    model = build(read_spec(path))
    fill(model, read_tensors(path), path)
    return model.to(device).eval().requires_grad_(requires_grad=False)


def read_spec(path: Path) -> ModelSpec:
    """The spec in a weights file's header.

    Raises:
        WeightsError: there is none, or it is from another version.
    """
    header = read_header(path)
    try:
        spec = ModelSpec.model_validate(header["spec"])
    except KeyError:
        raise WeightsError(
            f"{path}: its header names no segmem model; was it saved by another program?"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WeightsError(
            f"{path}: its header does not fit this version ({place}: {first['msg']})."
        ) from None
    fresh = spec.network.model_copy(update={"imagenet": False})  # the file brings every weight itself
    return spec.model_copy(update={"network": fresh})


def fill(model: MemorySegmenter, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Put every tensor in its place, none left over.

    Raises:
        WeightsError: listing what is missing, unexpected or of another shape.
    """
    ours = model.state_dict()
    odd = {
        "missing": [name for name in ours if name not in tensors and not name.endswith(COUNTER)],
        "unexpected": [name for name in tensors if name not in ours],
        "of another shape": [n for n in ours if n in tensors and ours[n].shape != tensors[n].shape],
    }
    if any(odd.values()):
        told = "; ".join(
            f"{len(names)} {what} ({', '.join(names[:3])}...)" for what, names in odd.items() if names
        )
        raise WeightsError(f"{path}: its tensors are not this network's: {told}.")
    model.load_state_dict({name: value.to(ours[name].dtype) for name, value in tensors.items()}, strict=False)


COUNTER = "num_batches_tracked"  # BatchNorm's, of no use after training


def save(model: MemorySegmenter, path: Path, extra: Mapping[str, object] | None = None) -> None:
    """Write a model: matrices in bf16, vectors (norms, biases, statistics) in float32, the spec in the header.

    Args:
        model: whose spec is a `ModelSpec`.
        path: of the new .safetensors file; appears only when whole.
        extra: more to say in the header.
    """
    if not isinstance(model.spec, ModelSpec):
        raise WeightsError(f"{path}: only a model built from a ModelSpec can be saved.")
    tensors = {
        name: value.to(torch.bfloat16) if value.ndim > 1 else value.float()
        for name, value in model.state_dict().items()
        if not name.endswith(COUNTER)
    }
    write_tensors(path, tensors, {"spec": model.spec.model_dump(mode="json"), **(extra or {})})
