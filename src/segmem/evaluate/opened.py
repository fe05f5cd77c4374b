"""A pair's frames, one after another: the picture, the truth where somebody drew it, and the prediction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from segmem.core import Geometry, Kind
from segmem.core.errors import InputError
from segmem.data.cases import require_one_grid
from segmem.evaluate.pairs import Pair
from segmem.io.formats import form, suffix

Map = NDArray[np.uint8]
Find = Callable[[int], Map | None]
_ARTICLE = {"image": "an", "video": "a", "volume": "a"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame.

    Attributes:
        index: its number from 0.
        picture: (C, H, W) in the file's own units.
        truth: (H, W) label values as they are on disk; None where nobody drew them.
        predicted: (H, W); None where the prediction has no such frame.
    """

    index: int
    picture: Tensor
    truth: Map | None
    predicted: Map | None


def geometry_of(pair: Pair) -> Geometry:
    """Of the case's image, video or scan."""
    case = pair.case
    if case.geometry is not None:
        return case.geometry()
    image = case.inputs[0] if case.inputs else case.files[0]
    if case.kind == "video" and form(image) == "video":
        from segmem.io.video import VideoFile

        return VideoFile(image).geometry
    if suffix(image) == ".npz":
        frame, _ = next(case.read())
        return Geometry(case.kind, (frame.shape[-2], frame.shape[-1]))
    from segmem.io.images import image_size

    return Geometry(case.kind, image_size(image))


def frames_of(pair: Pair, geometry: Geometry) -> Iterator[Seen]:
    """Every frame, in order.

    Raises:
        InputError: the prediction is of another kind, or cannot be read, or misses labelled frames.
        GeometryError: it lies on another grid.
    """
    case = pair.case
    if pair.prediction.is_dir() != (case.kind == "video"):
        wanted = "a folder with a PNG for each frame" if case.kind == "video" else "one file"
        raise InputError(
            f"{pair.prediction}: {case.name} is {_ARTICLE[case.kind]} {case.kind}, its prediction must be {wanted}."
        )
    find = numbered(pair.prediction) if case.kind == "video" else _whole(pair, geometry)
    lacking: list[int] = []
    for index, (picture, truth) in enumerate(case.read()):
        predicted = find(index)
        if predicted is None and truth is not None:
            lacking.append(index)
            continue
        if predicted is not None:
            require_one_grid(picture.shape[-2:], predicted.shape, f"{case.name} frame {index}, predicted")
        yield Seen(index, picture, None if truth is None else truth.numpy(), predicted)
    if lacking:
        raise InputError(
            f"{pair.prediction}: {len(lacking)} labelled frames have no prediction, the first is {lacking[0]}."
            " Label maps are named by their frame's number from 0, as in 00012.png."
        )


def numbered(folder: Path) -> Find:
    """Finds a video's map by its number, and reads it then."""
    from segmem.io.masks import read_mask

    paths = {int(path.stem): path for path in folder.glob("*.png") if path.stem.isdecimal()}

    def find(index: int) -> Map | None:
        return read_mask(paths[index]).numpy() if index in paths else None

    return find


def maps_in(path: Path, kind: Kind, geometry: Geometry) -> Map:
    """(T, H, W) of one file: an image's map, or a scan's on its grid."""
    if kind == "image":
        from segmem.io.masks import read_mask

        return read_mask(path).numpy()[None]
    from segmem.io.volume import read_label_volume

    return read_label_volume(path, like=geometry).numpy()


def _whole(pair: Pair, geometry: Geometry) -> Find:
    """An image's or a scan's prediction, read once."""
    maps = maps_in(pair.prediction, pair.case.kind, geometry)
    return lambda index: maps[index] if index < len(maps) else None
