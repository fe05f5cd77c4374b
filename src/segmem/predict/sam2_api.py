"""SAM2's video predictor under its own names: prompts on any frame, masks through the clip, corrections."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from segmem.core import FrameSource, Prompt
from segmem.core.errors import PromptError, UsageError
from segmem.methods.own_bank import bank_for
from segmem.predict.album import album
from segmem.predict.bank_session import told_by
from segmem.predict.frames import Frame
from segmem.predict.request import Precision
from segmem.predict.stream import ready
from segmem.predict.tracker import Tracker
from segmem.predict.tracking import Tracking
from segmem.prompted import PromptedSegmenter
from segmem.state import Segmenter

Answer = tuple[int, list[int], Tensor]
"""A frame's number, all objects' ids, and their logits (K, 1, H, W) at the clip's own size."""


class VideoPredictor:
    """`init_state`, `add_new_points_or_box`, `propagate_in_video` and their company, as in the `sam2` package.

    What they mean is what they mean there with `add_all_frames_to_correct_as_cond=True`: a prompt on a frame
    that its object was not tracked on is segmented alone, one on a tracked frame corrects what was tracked there,
    and from the next propagation on every prompted frame is remembered. Points on a frame that was answered
    before, by a prompt or by tracking, mend that answer.

    Different are:

    - What is kept does not grow with the clip's length. The package keeps all frames, and of each tracked one
      its memory and its mask. Here frames of a file are read again when they are needed, and a tracked frame is
      walked to again from the nearest of a few states: 16, and the first of each of the last 16 propagations.
      What grows is a mask and a memory for each object on each prompted frame.
    - A correction sees memory as it was when the last propagation came to its frame. The package mixes what
      several propagations have left on the frames around.
    - Of many prompted frames memory holds the first and the latest, as many as the model's `policy.pinned`; what
      was said stands on all of them.
    - What was said and is cleared is forgotten. The package reads it as memory until its frame is tracked again.
    - Ids are 1 to 255. Prompts that cannot be meant are refused, a mask of another size too.
    - Holes in masks are not filled, which the package does where its CUDA extension is built.

    Args:
        model: a promptable segmenter, or what `segmem.load` takes.
        bank: as of `segmem.stream`: a file of other cases' memories; None is the model's own, where it is named and
            has one; "none" leaves it out.
        precision: as of `segmem.stream`.

    Raises:
        UsageError: the model takes no prompts, or no bank and one is given.
        WeightsError: another encoder, or another input size, made the bank.
    """

    def __init__(
        self,
        model: Segmenter | str | Path,
        bank: str | Path | None = None,
        precision: Precision = "auto",
    ) -> None:
        found, compute = ready(model, precision)
        if not isinstance(found, PromptedSegmenter):
            raise UsageError("This model takes no prompts: it names the classes it finds by itself.")
        self._tracker = Tracker(found, compute, told_by(bank_for(model, bank), found))

    def init_state(self, video_path: FrameSource | Iterable[Frame] | str | Path) -> Tracking:
        """A clip of which nothing was said yet.

        Args:
            video_path: of a video, a folder of frames, an image or a scan; or a clip, or frames (C, H, W) as
                tensors, (H, W, 3) or (H, W) as uint8 arrays. A video or folder is read as it is needed; all
                else is held.

        Returns:
            The state that the other methods take. It is the caller's, and changes under them.

        Raises:
            UsageError: the path names several cases or a camera, or a frame is not one.
            InputError: the path names nothing that can be read, or there is no frame.
        """
        return self._tracker.begin(album(video_path))

    def add_new_points_or_box(
        self,
        inference_state: Tracking,
        frame_idx: int,
        obj_id: int,
        points: Any = None,
        labels: Any = None,
        clear_old_points: bool = True,
        normalize_coords: bool = True,
        box: Any = None,
    ) -> Answer:
        """Say where an object is, and where it is not, on a frame.

        Args:
            inference_state: of the clip.
            frame_idx: from 0.
            obj_id: 1 to 255; new ones at any time.
            points: (P, 2) as (x, y), an array, tensor or list.
            labels: (P,), 1 inside, 0 outside.
            clear_old_points: these stand in place of what was said of the object on the frame; else beside it.
            normalize_coords: coordinates are pixels of the clip; else shares of its width and height.
            box: (x0, y0, x1, y1).

        Returns:
            The frame's number, all ids, and logits (K, 1, H, W) on this frame: -1024 of objects of which nothing
            is known there.

        Raises:
            PromptError: it cannot be meant.
        """
        if (points is None) != (labels is None):
            raise PromptError(
                "Points and labels go together: a label, 1 inside or 0 outside, for each point."
            )
        if points is None and box is None:
            raise PromptError("Nothing is said: give points with labels, or a box.")
        if box is not None and not clear_old_points:
            raise PromptError("A box replaces what was said before: leave clear_old_points True.")
        rows, columns = (1, 1) if normalize_coords else inference_state.album.size
        said = Prompt(
            frame_idx,
            obj_id,
            None if box is None else _box(box, columns, rows),  # type: ignore[arg-type]
            () if points is None else _points(points, labels, columns, rows),
        )
        old = None if clear_old_points else inference_state.pin(frame_idx, obj_id)
        if old is not None and old.said.mask is None:
            said = replace(said, box=old.said.box, points=(*old.said.points, *said.points))
        return self._say(inference_state, said)

    def add_new_mask(
        self, inference_state: Tracking, frame_idx: int, obj_id: int, mask: Any, rough: bool = False
    ) -> Answer:
        """Say which pixels an object has on a frame; taken as it is.

        Args:
            inference_state: of the clip.
            frame_idx: from 0.
            obj_id: 1 to 255.
            mask: (H, W) as large as the frame, an array, tensor or list; what is not zero is inside.
            rough: it is brushed roughly over the object, whose outline is then found.

        Returns:
            As `add_new_points_or_box`.

        Raises:
            PromptError: it cannot be meant, or it is rough and the model was not taught to read such masks.
        """
        return self._say(inference_state, Prompt(frame_idx, obj_id, mask=_array(mask) != 0, rough=rough))

    def propagate_in_video(
        self,
        inference_state: Tracking,
        start_frame_idx: int | None = None,
        max_frame_num_to_track: int | None = None,
        reverse: bool = False,
    ) -> Iterator[Answer]:
        """Track all objects from frame to frame.

        Args:
            inference_state: of the clip. What was said before the first frame is asked for is seen by all.
            start_frame_idx: where to begin; None is the first prompted frame.
            max_frame_num_to_track: how many frames after that one; None is all.
            reverse: towards frame 0. From frame 0 there is then nothing to do.

        Yields:
            Of each frame what `add_new_points_or_box` returns; what was said on the very frame stands.

        Raises:
            UsageError: an object has no prompt, or prompts were taken up or taken back since it began.
            PromptError: there is no frame `start_frame_idx`.
        """
        clip = inference_state
        clip.settle()
        start = min(frame for frame, _ in clip.settled) if start_frame_idx is None else start_frame_idx
        if reverse and start == 0:
            return
        most = None if max_frame_num_to_track is None else max_frame_num_to_track + 1
        for frame, logits in islice(self._tracker.walk(clip, start, -1 if reverse else 1), most):
            yield frame, list(clip.objects), self._tracker.large(clip, logits)

    def clear_all_prompts_in_frame(
        self, inference_state: Tracking, frame_idx: int, obj_id: int, need_output: bool = True
    ) -> Answer | None:
        """Take back all that was said of an object on a frame.

        Returns:
            As `add_new_points_or_box`; None unless `need_output`.

        Raises:
            UsageError: there is no such object.
        """
        _require(inference_state, obj_id)
        inference_state.clear(frame_idx, obj_id)
        return self._answer(inference_state, frame_idx) if need_output else None

    def remove_object(
        self, inference_state: Tracking, obj_id: int, strict: bool = False, need_output: bool = True
    ) -> tuple[list[int], list[tuple[int, Tensor]]]:
        """Forget an object.

        Returns:
            The ids that are left; and, if `need_output`, number and logits (K, 1, H, W) of each frame that it was
            prompted on.

        Raises:
            UsageError: there is no such object, and it is `strict`.
        """
        clip = inference_state
        if strict:
            _require(clip, obj_id)
        if obj_id not in clip.objects:
            return list(clip.objects), []
        frames = sorted({frame for frame, one in (*clip.fresh, *clip.settled) if one == obj_id})
        clip.remove(obj_id)
        shown = frames if need_output and clip.objects else []
        return list(clip.objects), [(frame, self._answer(clip, frame)[2]) for frame in shown]

    def reset_state(self, inference_state: Tracking) -> None:
        """Forget all objects; the clip stays."""
        inference_state.reset()

    def _say(self, clip: Tracking, said: Prompt) -> Answer:
        self._tracker.hear(clip, said)
        return self._answer(clip, said.frame)

    def _answer(self, clip: Tracking, frame: int) -> Answer:
        logits = self._tracker.known(clip, frame, clip.objects)
        return frame, list(clip.objects), self._tracker.large(clip, logits)


def _require(clip: Tracking, obj_id: int) -> None:
    if obj_id not in clip.objects:
        raise UsageError(f"There is no object {obj_id!r}. There are: {clip.objects or 'none'}.")


def _array(values: Any) -> np.ndarray[Any, np.dtype[Any]]:
    return values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)


def _box(box: Any, columns: float, rows: float) -> tuple[float, ...]:
    """Of any shape; `check` says what is wrong where they are not four."""
    return tuple(
        value * (rows if place % 2 else columns)
        for place, value in enumerate(_array(box).reshape(-1).tolist())
    )


def _points(points: Any, labels: Any, columns: float, rows: float) -> tuple[tuple[float, float, int], ...]:
    """Of (P, 2) and (P,), with or without a leading axis of 1.

    Raises:
        PromptError: they are of other shapes.
    """
    places, kinds = _array(points), _array(labels).reshape(-1)
    if places.shape[-1:] != (2,) or places.size != 2 * kinds.size:
        raise PromptError(
            f"Points are {places.shape} and labels {kinds.shape}; expected (P, 2) as x, y and (P,)."
        )
    return tuple(
        (float(x) * columns, float(y) * rows, kind)
        for (x, y), kind in zip(places.reshape(-1, 2), kinds.tolist(), strict=True)
    )
