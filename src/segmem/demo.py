"""The main job shown on two cases with known answers: a drawn operation and a real scan."""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import torch

from segmem.catalogue import SHIPPED
from segmem.core.errors import SegmemError
from segmem.data.synthetic import CLASSES, SyntheticClip, make_clip
from segmem.io.blend import blend, strip
from segmem.io.masks import read_mask
from segmem.io.overlay import OverlayVideo
from segmem.io.volume import read_label_volume, read_volume
from segmem.metrics.overlap import dice, dice_by_frame
from segmem.metrics.summary import by_class, mean_of_classes
from segmem.predict.request import Request
from segmem.predict.run import run as predict
from segmem.predict.watch import Watch

SCAN = SHIPPED / "demo_hippocampus.nii.gz"
SCAN_TRUTH = SHIPPED / "demo_hippocampus_labels.nii.gz"
SCAN_CLASSES = ("anterior", "posterior")
SEED, FRAMES, SIZE, FPS = 20251, 60, (288, 384), 25.0
LEAST = 0.80
SHOWN = 6  # pictures in the strip
STRIP = "strip.png"


def run(
    out: Path, video_model: str = "tmam-endovis15", scan_model: str = "lapg-hippocampus"
) -> Iterator[str]:
    """Segment both cases into `out`; yields what to tell a person, line by line.

    Raises:
        SegmemError: the video's mean Dice is below 0.80, so this installation does not work as it should.
    """
    begun = perf_counter()
    clip = make_clip(SEED, FRAMES, SIZE)
    watch = Watch(bar=True)
    with TemporaryDirectory() as scratch:
        video = Path(scratch) / "operation.mp4"
        _film(clip, video)
        predict(_request(video, out, video_model), watch)
    scan_labels = out / SCAN.name
    predict(_request(SCAN, scan_labels, scan_model), watch)
    labels = torch.stack([read_mask(out / "labels" / f"{index:05d}.png") for index in range(FRAMES)])
    _strip(clip, labels, out / STRIP)

    scores = dice_by_frame(labels, clip.labels, len(CLASSES))
    mean = mean_of_classes(scores).mean
    each = [f"{name} {s.mean:.3f}" for name, s in zip(CLASSES[1:], by_class(scores)[1:], strict=True)]
    yield f"Drawn operation, {FRAMES} frames, {int(clip.hard.sum())} of them blurred, dark or covered:"
    yield f"  Dice {', '.join(each)}; mean {mean:.3f}"
    yield from _scan_lines(scan_labels)
    yield f"Look at {out / 'overlay.mp4'}, {out / STRIP}, {scan_labels} and {out / 'manifest.json'}."
    yield f"All of it took {perf_counter() - begun:.1f} s."
    if not mean >= LEAST:
        raise SegmemError(
            f"The demo's mean Dice is {mean:.3f}, below {LEAST:.2f}: this installation does not segment as it should."
            " Run the tests (make test) and report what they say."
        )


def _request(source: Path, out: Path, model: str) -> Request:
    command = ("segmem", *sys.argv[1:])
    return Request(source=str(source), out=out, model=model, overlay=True, command=command)


def _film(clip: SyntheticClip, path: Path) -> None:
    """The clip as a video file, as a camera would give it."""
    nothing = torch.zeros(SIZE, dtype=torch.uint8)
    with OverlayVideo(path, SIZE, FPS) as film:
        for frame in clip.frames:
            film.write(frame, nothing)


def _strip(clip: SyntheticClip, labels: torch.Tensor, path: Path) -> None:
    """Frames, what was found in them, and the truth, one above the other."""
    shown = np.linspace(0, FRAMES - 1, SHOWN).round().astype(int)
    pictures = [clip.frames[i].permute(1, 2, 0).contiguous().numpy() for i in shown]
    drawn = [
        [blend(picture, maps[i].numpy()) for picture, i in zip(pictures, shown, strict=True)]
        for maps in (labels, clip.labels)
    ]
    strip([pictures, *drawn]).save(path)


def _scan_lines(found: Path) -> Iterator[str]:
    like = read_volume(SCAN).geometry
    scores = dice(read_label_volume(found, like), read_label_volume(SCAN_TRUTH, like), len(SCAN_CLASSES) + 1)[
        1:
    ]
    each = [f"{name} {score:.3f}" for name, score in zip(SCAN_CLASSES, scores, strict=True)]
    yield "Hippocampus scan (Medical Segmentation Decathlon, CC-BY-SA 4.0):"
    yield f"  Dice {', '.join(each)}; mean {scores.mean():.3f}"
