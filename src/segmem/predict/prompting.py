"""From the words of a command to checked prompts on the frames of one clip."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from segmem.core import Geometry, Prompt
from segmem.core.errors import PromptError
from segmem.core.prompt import check, merged
from segmem.predict import prompt_text
from segmem.predict.prompt_file import read_prompts
from segmem.predict.prompt_masks import masks
from segmem.predict.said import Said


@dataclass(frozen=True, slots=True)
class Asked:
    """All that was said, before the clip is known.

    Attributes:
        said: in the order it was given.
        on: the frame or slice where none is named; None is the middle slice of a scan, else the first frame.
        world: coordinates are mm of a scan.
    """

    said: tuple[Said, ...]
    on: int | None = None
    world: bool = False

    def place(self, geometry: Geometry, length: int | None) -> tuple[Prompt, ...]:
        """The prompts on the clip of this geometry: one for each object on each frame, in that order.

        Args:
            length: how many frames there are; None where nobody knows.

        Raises:
            PromptError: one cannot be meant; see `core.prompt.check`.
            InputError: a mask's file cannot be used.
        """
        if self.world and geometry.affine is None:
            raise PromptError(
                f"--world takes millimetres of a scan, the input is of kind {geometry.kind}. Give pixels without it."
            )
        prompts = [prompt for said in self.said for prompt in self._place(said, geometry, length)]
        check(prompts, geometry.size, length)
        return merged(prompts)

    def _place(self, said: Said, geometry: Geometry, length: int | None) -> list[Prompt]:
        told = said.frame if said.frame is not None else self.on
        frame = told if told is not None else _usual(geometry, length)
        seen = masks(said, frame, geometry, length)
        if self.world and length is not None:
            from segmem.predict.prompt_world import placed

            return seen + placed(replace(said, frame=told), geometry, length)
        if said.box is None and not said.points and seen:
            return seen
        which = 1 if said.object is None else said.object
        # how many numbers there are, and what they say, is for `check` to find
        return [*seen, Prompt(frame, which, said.box, said.points)]  # type: ignore[arg-type]


def ask(
    boxes: Sequence[str] = (),
    points: Sequence[str] = (),
    masks: Sequence[str] = (),
    file: Path | None = None,
    on: int | None = None,
    world: bool = False,
    rough: Sequence[str] = (),
) -> Asked | None:
    """What the options say; None where they say nothing. Only the file of prompts is read.

    Args:
        boxes: each `[ID=]x0,y0,x1,y1`.
        points: each `[ID=]x,y,+|-`.
        masks: each `[ID=]FILE`.
        file: of prompts, JSON.
        on: the frame or slice they are on, from 0.
        rough: each `[ID=]FILE`, a mask of about where the object is.
        world: coordinates are mm: boxes `[ID=]x0,y0,z0,x1,y1,z1`, points `[ID=]x,y,z,+|-`.

    Raises:
        PromptError: one is not written so, or `on` or `world` is said of nothing.
        InputError: the file cannot be read.
    """
    said = (
        *(prompt_text.box(text, world) for text in boxes),
        *(prompt_text.point(text, world) for text in points),
        *(prompt_text.mask(text) for text in masks),
        *(prompt_text.mask(text, rough=True) for text in rough),
        *(() if file is None else read_prompts(file)),
    )
    if said:
        return Asked(said, on, world)
    if file is not None:
        raise PromptError(f"{file.name} is an empty list. Write at least one prompt.")
    if on is not None or world:
        raise PromptError(
            f"{'--world' if on is None else '--on'} is about prompts, and there is none."
            " Give --box, --point, --rough, --mask or --prompts."
        )
    return None


def _usual(geometry: Geometry, length: int | None) -> int:
    return length // 2 if geometry.kind == "volume" and length is not None else 0
