"""TrivialAugment: one change of a strength drawn at random, and nothing to tune (Müller and Hutter, ICCV 2021)."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from segmem.ops.chance import happens, pick

STRENGTHS = 31
# The largest strengths of the "wide" space.
SHEAR, TURN, COLOUR = 0.99, 135.0, 0.99  # pixels a pixel; degrees; factor less 1
SHIFT = 32  # pixels
BITS = 6  # that posterising takes away

_CELLS = {"shear_x": (0, 1), "shear_y": (1, 0), "translate_x": (0, 2), "translate_y": (1, 2)}
TWO_WAYS = (*_CELLS, "rotate", "brightness", "colour", "contrast", "sharpness")
OPERATIONS = (*TWO_WAYS, "posterise", "solarise", "autocontrast", "equalise", "identity")


@dataclass(frozen=True, slots=True)
class TrivialChange:
    """One drawn change.

    Attributes:
        name: of the operation.
        strength: a share of the largest; negative is the other way, where there are two.
    """

    name: str
    strength: float

    def place(self, side: int) -> Tensor:
        """(3, 3) map in shares of a frame's longer `side`, as `draw_affine` gives; a change of look moves nothing."""
        out = torch.eye(3)
        if self.name == "rotate":
            angle = math.radians(TURN * self.strength)
            cos, sin = math.cos(angle), math.sin(angle)
            out[:2, :2] = torch.tensor([[cos, -sin], [sin, cos]])
        elif self.name in _CELLS:
            largest = SHEAR if self.name.startswith("shear") else SHIFT / side
            out[_CELLS[self.name]] = largest * self.strength
        return out

    def look(self, frames: Tensor) -> Tensor:
        """(T, 1 or 3, H, W) uint8 with other colours; as they are, for a change of place."""
        from torchvision.transforms.v2 import functional as change

        factor = 1 + COLOUR * self.strength
        changes = {
            "brightness": lambda: change.adjust_brightness(frames, factor),
            "colour": lambda: change.adjust_saturation(frames, factor),
            "contrast": lambda: change.adjust_contrast(frames, factor),
            "sharpness": lambda: change.adjust_sharpness(frames, factor),
            "posterise": lambda: change.posterize(frames, 8 - round(BITS * self.strength)),
            "solarise": lambda: change.solarize(frames, 255 * (1 - self.strength)),
            "autocontrast": lambda: change.autocontrast(frames),
            "equalise": lambda: change.equalize(frames),
        }
        out: Tensor = changes.get(self.name, lambda: frames)()
        return out


def draw_trivial(random: torch.Generator) -> TrivialChange:
    """An operation, each as likely as the others, and one of 31 strengths."""
    name = OPERATIONS[pick(len(OPERATIONS), random)]
    strength = pick(STRENGTHS, random) / (STRENGTHS - 1)
    turned = name in TWO_WAYS and happens(0.5, random)
    return TrivialChange(name, -strength if turned else strength)
