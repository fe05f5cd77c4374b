"""Batches cut ahead of the training by other threads, in order."""

from collections.abc import Callable, Iterator

from segmem.data.sample import Batch
from segmem.io.ordered import in_order


def feed(draw: Callable[[int], Batch], steps: range, loaders: int) -> Iterator[Batch]:
    """`draw(step)` of each step. Order and content do not depend on `loaders`.

    Args:
        draw: a pure function of the step.
        steps: which.
        loaders: threads; 0 draws when asked.
    """
    return in_order(draw, steps, loaders, name="clips")
