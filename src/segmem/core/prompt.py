"""What a person, or a generator, says about objects on a frame."""

from __future__ import annotations  # torch is named here, not imported

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

from segmem.core.errors import PromptError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    Mask: TypeAlias = Tensor | NDArray[Any]

LAST_OBJECT = 255
"""Ids are the values of a label map of bytes; 0 is background."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is said of one object on one frame. Coordinates are pixels of the input: x right, y down, 0 is the
    centre of the first.

    Attributes:
        frame: its number, from 0.
        object: its id, 1 to 255.
        box: (x0, y0, x1, y1), two corners, the upper left one first.
        points: (x, y, 1 inside | 0 outside) of each.
        mask: (H, W) as large as the frame, whole numbers or bool; what is not zero is inside.
        rough: the mask says no more than about where the object is, as brushed over; the network finds its outline.
            Points may be given with it.
    """

    frame: int = 0
    object: int = 1
    box: tuple[float, float, float, float] | None = None
    points: tuple[tuple[float, float, int], ...] = ()
    mask: Mask | None = None
    rough: bool = False


@dataclass(frozen=True, slots=True)
class PromptBatch:
    """Prompts of one frame as `step` takes them, in pixels of the model's grid.

    Attributes:
        objects: ids of the K objects that are spoken of.
        boxes: (B, K, 4) as (x0, y0, x1, y1); NaN where an object has none.
        points: (B, K, P, 3) as (x, y, 1 inside | 0 outside | -1 padding).
        mask: (B, K, H, W) in 0..1; NaN all over where an object has none.
        earlier: (B, K, 4h, 4w) logits of a rough mask, or of an earlier answer of the same model on the same frame,
            which boxes and points then mend; NaN all over where there is none: what memory says is mended.
    """

    objects: tuple[int, ...]
    boxes: Tensor | None = None
    points: Tensor | None = None
    mask: Tensor | None = None
    earlier: Tensor | None = None


def check(prompts: Iterable[Prompt], size: tuple[int, int], length: int | None) -> None:
    """Refuse prompts that cannot be meant.

    Args:
        size: (H, W) of the frames.
        length: how many frames there are; None where nobody knows.

    Raises:
        PromptError: an object id that is not 1 to 255; a frame that does not exist; a prompt that says nothing;
            coordinates that are not finite or outside the frame; a box without area or with its corners
            exchanged; a label that is not 0 or 1; a mask of another size, of fractions, or empty; two boxes,
            two masks, or a mask and something else of one object on one frame, but points beside a rough one.
    """
    listed = list(prompts)
    for prompt in listed:
        _check_place(prompt, length)
        if prompt.box is not None:
            _check_box(prompt, prompt.box, size)
        for point in prompt.points:
            _check_point(prompt, point, size)
        if prompt.mask is not None:
            _check_mask(prompt, prompt.mask, size)
        elif prompt.rough:
            raise PromptError(
                f"{_name(prompt)} is said to be rough and has no mask. Give it one, or leave rough out."
            )
    for prompt in merged(listed):
        _check_together(prompt)


def merged(prompts: Iterable[Prompt]) -> tuple[Prompt, ...]:
    """One prompt for each object on each frame, by frame and then by object; its points keep their order.

    Raises:
        PromptError: two boxes or two masks of one object on one frame.
    """
    in_order = sorted(prompts, key=_key)
    return tuple(_one(list(group)) for _, group in groupby(in_order, key=_key))


def _key(prompt: Prompt) -> tuple[int, int]:
    return prompt.frame, prompt.object


def _one(said: list[Prompt]) -> Prompt:
    first = said[0]
    boxes = [prompt.box for prompt in said if prompt.box is not None]
    masks = [prompt.mask for prompt in said if prompt.mask is not None]
    if len(boxes) > 1:
        listed = " and ".join(_written(box) for box in boxes)
        raise PromptError(
            f"{_name(first)} has {len(boxes)} boxes, {listed}; one is the most."
            " If they are two objects, give each its own id."
        )
    if len(masks) > 1:
        raise PromptError(
            f"{_name(first)} has {len(masks)} masks; one is the most. Join them, or use other ids."
        )
    points = tuple(point for prompt in said for point in prompt.points)
    rough = any(prompt.rough for prompt in said)
    return replace(
        first, box=next(iter(boxes), None), points=points, mask=next(iter(masks), None), rough=rough
    )


def _check_place(prompt: Prompt, length: int | None) -> None:
    if not _is_whole(prompt.object) or not 1 <= prompt.object <= LAST_OBJECT:
        raise PromptError(
            f"Object {prompt.object!r} cannot be: ids are whole numbers from 1 to {LAST_OBJECT}."
        )
    if not _is_whole(prompt.frame) or prompt.frame < 0 or (length is not None and prompt.frame >= length):
        there = "" if length is None else f" There are {length}: 0 to {length - 1}."
        raise PromptError(
            f"The prompt of object {prompt.object} is on frame {prompt.frame!r}, which does not exist."
            f"{there or ' Frames count from 0.'}"
        )
    if prompt.box is None and len(prompt.points) == 0 and prompt.mask is None:
        raise PromptError(f"{_name(prompt)} has a prompt that says nothing. Give a box, points or a mask.")


def _check_box(prompt: Prompt, box: Sequence[float], size: tuple[int, int]) -> None:
    what = f"{_name(prompt)}: box {_written(box)}"
    x0, y0, x1, y1 = _finite(what, box, "x0,y0,x1,y1", size)
    if x0 > x1 or y0 > y1:
        raise PromptError(
            f"{what} has its corners exchanged{_of(size)}. It is x0,y0,x1,y1 with x0 < x1 and y0 < y1."
        )
    if x0 == x1 or y0 == y1:
        raise PromptError(f"{what} has no area{_of(size)}. To name one place, give a point.")
    if x0 < 0 or y0 < 0 or x1 > size[1] or y1 > size[0]:
        raise PromptError(f"{what} reaches outside the image{_of(size)}.{_order(size, box)}")


def _check_point(prompt: Prompt, point: Sequence[float], size: tuple[int, int]) -> None:
    what = f"{_name(prompt)}: point {_written(point)}"
    x, y, label = _finite(what, point, "x,y,label", size)
    if label not in {0, 1}:
        raise PromptError(f"{what} has label {label:g}{_of(size)}. It is 1 inside the object, 0 outside.")
    if not (0 <= x < size[1] and 0 <= y < size[0]):
        raise PromptError(f"{what} is outside the image{_of(size)}.{_order(size, point[:2])}")


def _check_mask(prompt: Prompt, mask: Any, size: tuple[int, int]) -> None:
    what = f"{_name(prompt)}: its mask"
    shape = getattr(mask, "shape", None)
    if shape is None or len(shape) != 2:
        found = type(mask).__name__ if shape is None else f"of shape {tuple(shape)}"
        raise PromptError(f"{what} is {found}; expected an array or tensor of (rows, columns) {tuple(size)}.")
    if tuple(shape) != tuple(size):
        raise PromptError(f"{what} is {shape[1]} x {shape[0]} pixels{_of(size)}. It must be as large.")
    if "float" in str(mask.dtype):  # of numpy and of torch alike
        raise PromptError(f"{what} is of {mask.dtype}{_of(size)}. Say which pixels are inside: mask > 0.5.")
    if not bool((mask != 0).any()):
        raise PromptError(f"{what} is empty{_of(size)}. What is not zero is inside.")


def _check_together(prompt: Prompt) -> None:
    if prompt.rough and prompt.box is not None:
        raise PromptError(f"{_name(prompt)} has a rough mask and also a box; give one or the other.")
    if prompt.mask is not None and not prompt.rough and (prompt.box is not None or len(prompt.points)):
        raise PromptError(
            f"{_name(prompt)} has a mask and also a box or points. A mask is taken as it is; give one or the other."
        )


def _finite(what: str, values: Sequence[float], form: str, size: tuple[int, int]) -> list[float]:
    """The numbers, as many as `form` has."""
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError):
        raise PromptError(f"{what} is not made of numbers{_of(size)}. Expected {form}.") from None
    if len(numbers) != form.count(",") + 1:
        raise PromptError(f"{what} has {len(numbers)} numbers{_of(size)}. Expected {form}.")
    if not all(map(math.isfinite, numbers)):
        raise PromptError(f"{what} holds a number that is not finite{_of(size)}. Expected {form} in pixels.")
    return numbers


def _order(size: tuple[int, int], xy: Sequence[float]) -> str:
    """A way out: were rows and columns exchanged?"""
    x, y = max(xy[0::2]), max(xy[1::2])
    if min(xy) >= 0 and y <= size[1] and x <= size[0]:
        return " Is it in the order row, column? x, the column, comes first."
    return f" x goes from 0 to {size[1]}, y from 0 to {size[0]}, in pixels."


def _of(size: tuple[int, int]) -> str:
    return f" (the image is {size[1]} x {size[0]} pixels)"


def _name(prompt: Prompt) -> str:
    return f"Object {prompt.object} on frame {prompt.frame}"


def _written(values: Any) -> str:
    try:
        return ",".join(f"{float(value):.10g}" for value in values)
    except (TypeError, ValueError):
        return repr(values)


def _is_whole(value: object) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool)
