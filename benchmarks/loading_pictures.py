"""Folders of 1080p pictures to bytes (3, 180, 320), beside Pillow, OpenCV and PyAV; `loading.py` runs it."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from interleaved import OURS, Readers, compare
from segmem.io.images import FrameFolder
from segmem.ops.fit import resize

SIZE, PICTURE = (180, 320), (1080, 1920)


def pictures(data: Path, folder: Path, repeat: int, threads: int) -> dict[str, Any]:
    paths = _pictures(data, folder)
    found = {}
    for ending in ("jpg", "png"):
        files = tuple(path.with_suffix(f".{ending}") for path in paths)
        one = np.array([np.asarray(Image.open(file)) for file in files[:2]])
        ours = [frame.permute(1, 2, 0).numpy() for frame in FrameFolder(files[:2], "a", threads=0)]
        assert np.array_equal(one, np.array(ours))
        print(f"  {ending}, {len(files)} of {PICTURE[1]}x{PICTURE[0]}, {threads} threads")
        readers: Readers = {OURS: partial(_ours, files, threads)}
        for name, read in {
            "Pillow, resize": partial(_pillow, how=None),
            "Pillow, resize(BILINEAR)": partial(_pillow, how=Image.Resampling.BILINEAR),
            "OpenCV, INTER_AREA": _opencv,
            "PyAV": _pyav,
        }.items():
            readers[name] = partial(_each, read, files, threads)
        sizes = {"images": len(files), "mb": sum(file.stat().st_size for file in files) / 1e6}
        found[f"{ending}, {threads} threads"] = compare(readers, sizes, repeat)
    return found


def _pictures(data: Path, folder: Path) -> list[Path]:
    rng, paths = np.random.default_rng(0), []
    frames = sorted((data / "video_endovis15_robotic/dataset1/frames").glob("*.jpg"))[:24:2]
    for number, frame in enumerate(frames):
        large = Image.open(frame).resize(PICTURE[::-1], Image.Resampling.LANCZOS)
        grain = np.asarray(large) + rng.normal(0, 4, (*PICTURE, 1))
        picture = Image.fromarray(grain.clip(0, 255).astype(np.uint8))
        paths.append(folder / f"f_{number:03d}.jpg")
        picture.save(paths[-1], quality=90)
        picture.save(paths[-1].with_suffix(".png"))
    return paths


def _ours(files: tuple[Path, ...], threads: int) -> None:
    for frame in FrameFolder(files, "a", threads=threads if threads > 1 else 0):
        resize(frame[None], SIZE, "image")


def _each(read: Callable[[Path], object], files: Iterable[Path], threads: int) -> None:
    if threads == 1:
        for file in files:
            read(file)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(read, files))


def _pillow(path: Path, how: Image.Resampling | None) -> object:
    return np.asarray(Image.open(path).convert("RGB").resize(SIZE[::-1], how))


def _opencv(path: Path) -> object:
    import cv2

    picture: Any = cv2.imread(str(path))
    return cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), SIZE[::-1], interpolation=cv2.INTER_AREA)


def _pyav(path: Path) -> object:
    import av

    with av.open(str(path)) as container:
        return next(container.decode(video=0)).reformat(SIZE[1], SIZE[0], "rgb24").to_ndarray()
