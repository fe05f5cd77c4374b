"""One video several times, side by side: what each run found, and the truth."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from segmem.core.errors import InputError, UsageError
from segmem.evaluate.opened import Find, numbered
from segmem.io.blend import blend, strip
from segmem.io.outputs import staged
from segmem.io.overlay import OverlayVideo
from segmem.io.sources import find_cases, open_case

LABELS = "labels"  # the folder that `segmem predict` writes
VIDEO, PICTURE = (".mp4", ".mkv", ".avi", ".mov"), (".png", ".jpg", ".jpeg")
LETTERS = 0.06  # of a panel's height
SHOWN = 6  # frames of a strip, where none are named
Panel = NDArray[np.uint8]


def side_by_side(
    source: str,
    runs: Sequence[str],
    out: Path,
    *,
    frames: Sequence[int] = (),
    width: int = 480,
    label_map: Mapping[int, int] | None = None,
) -> int:
    """Draw each run's label maps over the video, and the panels beside each other.

    Args:
        source: a video, or a folder of numbered frames.
        runs: `NAME=FOLDER` or `FOLDER`: label maps named by frame number, here or in `labels/`. A frame without a map
            is shown plain, as where the truth is sparse.
        out: a video, or a picture: then a row for each run and a column for each frame.
        frames: of a picture; none takes six that are evenly spread.
        width: pixels of one panel.
        label_map: label value to the value it is drawn as, in every run.

    Returns:
        How many frames were drawn.

    Raises:
        UsageError: the output's suffix is neither a video's nor a picture's, or a run is no folder with maps.
        InputError: the source is no one video, has no such frame, or a map has another size.
    """
    cases = find_cases(source)
    if len(cases) != 1 or cases[0].form not in {"video", "frames"}:
        raise InputError(f"{source} is not one video or folder of numbered frames.")
    found = dict(_opened(run) for run in runs)
    if len(found) < len(runs):
        raise UsageError("Two runs have one name. Name them: -p base=FOLDER -p tmam=FOLDER.")
    suffix = out.suffix.lower()
    if suffix not in VIDEO + PICTURE:
        raise UsageError(
            f"{out}: neither a video ({' '.join(VIDEO)}) nor a picture ({' '.join(PICTURE)}) by its name."
        )
    opened = open_case(cases[0])
    table = np.array([(label_map or {}).get(value, value) for value in range(256)], np.uint8)
    panels = _panels(opened, found, table, width)
    out.parent.mkdir(parents=True, exist_ok=True)
    if suffix in VIDEO:
        return _film(panels, out, opened.geometry.fps)
    wanted = sorted(frames) or _spread(opened.length)
    columns = [row for index, row in enumerate(islice(panels, wanted[-1] + 1)) if index in wanted]
    if len(columns) < len(wanted):
        raise InputError(f"{source} has no frame {wanted[len(columns)]}.")
    sheet = strip([list(row) for row in zip(*columns, strict=True)], height=columns[0][0].shape[0])
    with staged(out) as part:
        sheet.save(part, format="PNG" if suffix == ".png" else "JPEG", quality=88)
    return len(columns)


def _opened(run: str) -> tuple[str, Find]:
    """A run's name and where its maps are found.

    Raises:
        UsageError: there is no folder, or no map in it.
    """
    name, mark, place = run.partition("=")
    folder = Path(place if mark else run).expanduser()
    folder = folder / LABELS if (folder / LABELS).is_dir() else folder
    if not folder.is_dir() or not any(path.stem.isdecimal() for path in folder.glob("*.png")):
        raise UsageError(f"{run}: no folder with label maps that are named by frame number, as 00012.png.")
    own = folder.parent.name if folder.name == LABELS else folder.name
    return (name if mark else own), numbered(folder)


def _panels(
    frames: Iterable[Tensor], runs: Mapping[str, Find], table: Panel, width: int
) -> Iterator[list[Panel]]:
    """The panels of each frame, one for each run."""
    for index, frame in enumerate(frames):
        picture = frame.permute(1, 2, 0).contiguous().numpy()
        yield [_panel(picture, find(index), table, name, width, index) for name, find in runs.items()]


def _panel(picture: Panel, labels: Panel | None, table: Panel, name: str, width: int, index: int) -> Panel:
    if labels is not None and labels.shape != picture.shape[:2]:
        raise InputError(
            f"{name}: the map of frame {index} is {labels.shape[1]} x {labels.shape[0]},"
            f" the frame {picture.shape[1]} x {picture.shape[0]}."
        )
    drawn = picture if labels is None else blend(picture, table[labels])
    height = round(picture.shape[0] * width / picture.shape[1])
    image = Image.fromarray(drawn).resize((width, height), Image.Resampling.BILINEAR)
    size = max(10, round(LETTERS * height))
    ImageDraw.Draw(image).text(
        (size // 2, size // 3),
        name,
        fill="white",
        font=ImageFont.load_default(size=size),
        stroke_width=max(1, size // 10),
        stroke_fill="black",
    )
    return np.asarray(image)


def _film(panels: Iterator[list[Panel]], out: Path, fps: float | None) -> int:
    first = next(panels, None)
    if first is None:
        raise InputError("The video has no frame.")
    size = first[0].shape[0], sum(panel.shape[1] for panel in first)
    count = 0
    with staged(out) as part, OverlayVideo(part, size, fps) as film:
        nothing = torch.zeros(size, dtype=torch.uint8)
        for row in chain([first], panels):
            film.write(torch.from_numpy(np.concatenate(row, axis=1)).permute(2, 0, 1), nothing)
            count += 1
    return count


def _spread(length: int | None) -> list[int]:
    if not length:
        raise UsageError("The video does not tell its length; name the frames of the picture with --frames.")
    return sorted({round(place) for place in np.linspace(0, length - 1, SHOWN)})


def numbers(text: str | None) -> tuple[int, ...]:
    """Frame numbers of a text such as `10,50,90`.

    Raises:
        UsageError: it is none.
    """
    parts = [part.strip() for part in text.split(",")] if text else []
    if not all(part.isdecimal() for part in parts):
        raise UsageError(f"--frames {text!r} is no list of frame numbers, as 10,50,90.")
    return tuple(int(part) for part in parts)
