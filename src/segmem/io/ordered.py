"""Calls made ahead by several threads, their results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_order(call: Callable[[T], R], items: Iterable[T], threads: int, name: str = "ahead") -> Iterator[R]:
    """`call` of each item. Order and content do not depend on `threads`; an error comes when its turn does.

    At most two results a thread wait, so memory does not grow with the number of items. Leaving early cancels what
    has not begun.

    Args:
        call: may be run by several threads at once.
        items: taken as they are needed.
        threads: 0 calls when asked.
        name: of the threads.
    """
    if threads == 0:
        yield from map(call, items)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix=name) as pool:
        waiting: deque[Future[R]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(call, item))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
