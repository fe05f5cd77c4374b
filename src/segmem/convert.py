"""Weights of other programs become one safetensors file that says where they come from."""

from pathlib import Path

from segmem.core import Settings
from segmem.core.errors import UsageError
from segmem.io.hub import files_of, id_of
from segmem.io.tensors import digest, read_header, write_tensors
from segmem.methods.load import assemble, find_weights, parts_of
from segmem.methods.published import read_published
from segmem.ops.intensity import RGB_MEAN, RGB_STD

UNSTATED = "not stated"


class Conversion(Settings):
    """What was written, as in the header of the new file."""

    origin: str
    """Where the weights come from, in the words of who converted them; else the file's own name."""
    layout: str
    """Whose names the source had: sam2 (facebook's) or sam2-hf (Hugging Face's)."""
    sha256: dict[str, str]
    """Of each source file, by its name."""
    licence: str
    """Of the weights, in the words of who converted them."""
    input_size: int
    """Pixels of the longer side of the input."""
    normalisation: dict[str, tuple[float, ...]]
    """Mean and deviation of the channels of an image in 0..1."""
    fresh: tuple[str, ...] = ()
    """Tensors that the source did not have; their values are untrained."""


def convert_weights(
    source: str | Path,
    target: Path,
    *,
    licence: str | None = None,
    origin: str | None = None,
    size: int | None = None,
    partial: bool = False,
    overwrite: bool = True,
) -> Conversion:
    """Write a SAM2-family checkpoint as a `.safetensors` file that `segmem.load` takes.

    Values keep their bits and facebook's names and order, so that the file can be used by other programs too.

    Args:
        source: a checkpoint (.pt, .pth, .bin, .safetensors), a Hugging Face folder or id.
        target: the new file.
        licence: of the weights; kept in the header, not checked.
        origin: where they come from; else the source's own name.
        size: pixels of the longer side of the input; None as in `segmem.load`.
        partial: take what fits; the header names what is then untrained.
        overwrite: whether an earlier file may be replaced.

    Raises:
        UsageError: the target is no .safetensors name, is the source, or exists and must not be replaced; or
            the source is a file of segmem already.
        UnknownModelError, FormatError, WeightsError: the source cannot be had, read or understood.
        OutputError: the target cannot be written.
    """
    path = find_weights(source)
    files = files_of(path)
    _check_target(target, files, overwrite)
    if path.suffix == ".safetensors" and "spec" in read_header(path):
        raise UsageError(f"{path}: is a file of segmem already; there is nothing to convert.")
    found = read_published(path, size)
    if found.layout == "litemedsam":
        raise UsageError(f"{path}: LiteMedSAM's file is read as it is; there is nothing to convert.")
    model = assemble(found.spec, found.tensors, path, partial)
    state = parts_of(model).state_dict()
    fresh = [n for n, v in state.items() if n not in found.tensors or found.tensors[n].shape != v.shape]
    tensors = {n: v if n in fresh else v.to(found.tensors[n].dtype) for n, v in state.items()}
    told = Conversion(
        origin=origin or (id_of(path.parent) if found.layout == "sam2-hf" else path.name),
        layout=found.layout,
        sha256={file.name: digest(file) for file in files},
        licence=licence or UNSTATED,
        input_size=found.spec.fit.longest or 0,
        normalisation=_normalisation(found.spec.intensity.scale),
        fresh=tuple(fresh),
    )
    write_tensors(
        target, tensors, {"spec": found.spec.model_dump(mode="json"), **told.model_dump(mode="json")}
    )
    return told


def _normalisation(scale: str) -> dict[str, tuple[float, ...]]:
    """Mean and deviation of colours in 0..1, as the network takes them."""
    if scale == "unit":
        return {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
    return {"mean": RGB_MEAN, "std": RGB_STD}


def _check_target(target: Path, sources: tuple[Path, ...], overwrite: bool) -> None:
    if target.suffix != ".safetensors":
        raise UsageError(f"{target}: converted weights are written as .safetensors; name it so.")
    if any(target.exists() and target.samefile(source) for source in sources):
        raise UsageError(f"{target}: is the source itself. Choose another name.")
    if target.exists() and not overwrite:
        raise UsageError(f"{target} exists. Choose another name, or allow it to be overwritten.")
