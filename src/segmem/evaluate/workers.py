"""The same question about many cases, over processes; one case's fault leaves the others alone."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

from segmem.core.errors import SegmemError, SurroundingsError

Question = TypeVar("Question")
Answer = TypeVar("Answer")
Told = Callable[[], None]


def each(
    ask: Callable[[Question], Answer],
    questions: Sequence[Question],
    workers: int | None,
    told: Told | None = None,
) -> Iterator[tuple[Question, Answer | SegmemError]]:
    """Each question with its answer or its fault, as they are done.

    Args:
        ask: a function of a module, so that another process finds it.
        questions: can be pickled.
        workers: processes, each with one thread; None for one a core.
        told: called after each.
    """
    many = min(workers or os.cpu_count() or 1, len(questions))
    if many < 2:
        for question in questions:
            yield question, _answer(ask, question)
            if told is not None:
                told()
        return
    with ProcessPoolExecutor(many, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
        jobs: dict[Future[Answer | SegmemError], Question] = {
            pool.submit(_answer, ask, question): question for question in questions
        }
        try:
            for job in as_completed(jobs):
                yield jobs[job], job.result()
                if told is not None:
                    told()
        finally:
            for job in jobs:
                job.cancel()  # those not begun, where the asker has gone


def _answer(ask: Callable[[Question], Answer], question: Question) -> Answer | SegmemError:
    try:
        return ask(question)
    except SurroundingsError:
        raise  # it is every case's, not this one's
    except SegmemError as fault:
        return fault


def _one_thread() -> None:
    """The processes are the threads: more of them would wait for one another."""
    import torch

    torch.set_num_threads(1)
    try:
        import cv2
    except ImportError:
        return
    cv2.setNumThreads(1)
