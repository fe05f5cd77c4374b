"""Synthetic clips as labelled cases, drawn when they are read."""

from collections.abc import Iterator
from functools import partial

from segmem.data.cases import LabelledCase, LabelledFrame


def drawn_cases(
    count: int, frames: int, size: tuple[int, int], first_seed: int, hard_share: float
) -> list[LabelledCase]:
    """`count` clips of `frames` frames of `size` (H, W), of the seeds from `first_seed` on.

    Each is a group of its own. The name tells all that it depends on.
    """
    return [
        LabelledCase(
            name=f"synthetic-{seed}-{frames}x{size[0]}x{size[1]}-{hard_share:g}",
            group=f"synthetic-{seed}",
            kind="video",
            read=partial(_draw, seed, frames, size, hard_share),
        )
        for seed in range(first_seed, first_seed + count)
    ]


def _draw(seed: int, frames: int, size: tuple[int, int], hard_share: float) -> Iterator[LabelledFrame]:
    from segmem.data.synthetic import make_clip

    clip = make_clip(seed, frames, size, hard_share)
    yield from zip(clip.frames, clip.labels, strict=True)
