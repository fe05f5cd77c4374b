"""A batch of prompts taken apart: what is asked of each row, rows that are asked alike put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from segmem.core.prompt import PromptBatch
from segmem.nn.promptable import BOX_CORNERS


@dataclass(frozen=True, slots=True)
class Ask:
    """What is said of one object on one frame.

    Attributes:
        points: (P, 3) as (x, y, label), the corners of a box first; None where a mask is given.
        mask: (H, W) in 0..1, taken as the answer.
        earlier: (4h, 4w) logits that points start from; None starts from what memory says, if anything.
    """

    points: Tensor | None = None
    mask: Tensor | None = None
    earlier: Tensor | None = None

    def corrects(self, tracked: bool) -> bool:
        """Whether an answer is there that its points speak of; `tracked` says whether memory has one."""
        return self.points is not None and (tracked or self.earlier is not None)


def asks_of(prompt: PromptBatch | None, objects: Sequence[int], streams: int) -> dict[int, Ask]:
    """What is asked, by row: the row of object number k of stream b is b * K + k.

    Args:
        prompt: of some of the objects.
        objects: ids of all K objects, in the order of their rows.
        streams: B.
    """
    if prompt is None:
        return {}
    asked = {}
    for place, one in enumerate(prompt.objects):
        for stream in range(streams):
            ask = _ask(prompt, stream, place)
            if ask is not None:
                asked[stream * len(objects) + objects.index(one)] = ask
    return asked


def _ask(prompt: PromptBatch, stream: int, place: int) -> Ask | None:
    if prompt.mask is not None and not prompt.mask[stream, place].isnan().any():
        return Ask(mask=prompt.mask[stream, place].float())
    points = []
    if prompt.boxes is not None and not prompt.boxes[stream, place].isnan().any():
        corners = prompt.boxes[stream, place].float().view(2, 2)
        points.append(torch.cat([corners, corners.new_tensor(BOX_CORNERS)[:, None]], dim=1))
    if prompt.points is not None:
        said = prompt.points[stream, place].float()
        points.append(said[said[:, 2] >= 0])
    together = torch.cat(points) if points else None
    if together is None or not len(together):
        return None
    earlier = None if prompt.earlier is None else prompt.earlier[stream, place]
    return Ask(together, earlier=None if earlier is None or earlier.isnan().any() else earlier.float())


def alike(asks: Mapping[int, Ask], tracked: Sequence[bool]) -> list[list[int]]:
    """The rows of `asks` in groups that can be decoded at once: of one kind, one number of points, and all or none
    with a box among them, with an answer to correct, and with one that is given."""
    groups: dict[tuple[int, bool, bool, bool], list[int]] = {}
    for row, ask in asks.items():
        points = 0 if ask.points is None else len(ask.points)
        boxed = ask.points is not None and bool((ask.points[:, 2] == BOX_CORNERS[0]).any())
        groups.setdefault((points, boxed, ask.corrects(tracked[row]), ask.earlier is not None), []).append(
            row
        )
    return list(groups.values())
