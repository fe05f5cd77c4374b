"""A labelled scan: its image, in one file or a file for each channel, and its label map."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from segmem.core import Clip, Geometry
from segmem.core.errors import GeometryError
from segmem.data.cases import LabelledCase, LabelledFrame


def scan_case(
    name: str,
    group: str,
    images: tuple[Path, ...],
    label: Path,
    channels: tuple[str, ...] = (),
    ignore: int | None = None,
) -> LabelledCase:
    """One scan as a case.

    Args:
        name: of the case.
        group: its patient.
        images: one file for each channel, or one with all of them on its fourth axis.
        label: the label map.
        channels: what they are called.
        ignore: see `LabelledCase`.
    """
    return LabelledCase(
        name=name,
        group=group,
        kind="volume",
        read=partial(_read, images, label, max(1, len(channels))),
        files=(*images, label),
        inputs=images,
        channels=channels,
        ignore=ignore,
        geometry=partial(_geometry, images, max(1, len(channels))),
    )


def scan_stem(path: Path, endings: tuple[str, ...] = (".nii.gz", ".nii")) -> str | None:
    """The name of a scan's file without its ending; None where it has none of `endings`, or is hidden."""
    ending = next((one for one in endings if path.name.lower().endswith(one)), None)
    hidden = path.name.startswith(".")
    return None if ending is None or hidden else path.name[: -len(ending)]


def _read(images: tuple[Path, ...], label: Path, channels: int) -> Iterator[LabelledFrame]:
    from segmem.io.channels import read_channels
    from segmem.io.volume import read_label_volume

    clip = read_channels(images, channels)
    truth = read_label_volume(label, like=clip.geometry)
    _require_as_many(label, clip, tuple(truth.shape))
    yield from zip(clip.frames, truth, strict=True)


def _require_as_many(label: Path, clip: Clip, found: tuple[int, ...]) -> None:
    """Raise GeometryError where a label map that begins where its scan does ends elsewhere."""
    from segmem.io.apart import sizes_told

    shape = (clip.length, *clip.geometry.size)
    if shape != found:
        raise GeometryError(
            f"{label}: {sizes_told(clip.geometry, shape, found)}. Resample one of them onto the other's grid."
        )


def _geometry(images: tuple[Path, ...], channels: int) -> Geometry:
    from segmem.io.channels import read_channels

    return read_channels(images[:1], channels if len(images) == 1 else 1).geometry
