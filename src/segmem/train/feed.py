"""Batches cut ahead of the training by other threads, in order."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from segmem.data.sample import Batch


def feed(draw: Callable[[int], Batch], steps: range, loaders: int) -> Iterator[Batch]:
    """`draw(step)` of each step. Order and content do not depend on `loaders`.

    Args:
        draw: a pure function of the step.
        steps: which.
        loaders: threads; 0 draws when asked.
    """
    if loaders == 0:
        yield from map(draw, steps)
        return
    with ThreadPoolExecutor(loaders, thread_name_prefix="clips") as pool:
        ahead: list[Future[Batch]] = []
        try:
            for step in steps:
                ahead.append(pool.submit(draw, step))
                if len(ahead) > 2 * loaders:
                    yield ahead.pop(0).result()
            while ahead:
                yield ahead.pop(0).result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
