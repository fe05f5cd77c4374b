"""What answers rough masks, apart from what answers boxes and points: a mask decoder and a way into it of their own."""

from copy import deepcopy
from typing import Self

from torch import Tensor, nn

from segmem.nn.mask_decoder import MaskDecoder
from segmem.nn.prompt_encoder import PromptEncoder


class MaskReader(nn.Module):
    """Copies of the parts that a mask prompt goes through, to be trained on while the published ones stay as they are.

    Args:
        mask_decoder: decodes rows with a mask among their prompts.
        mask_downscaling: (R, C, h, w) of mask logits (R, 1, 4h, 4w).
    """

    def __init__(self, mask_decoder: MaskDecoder, mask_downscaling: nn.Module) -> None:
        super().__init__()
        self.mask_decoder = mask_decoder
        self.mask_downscaling = mask_downscaling

    @classmethod
    def beside(cls, mask_decoder: MaskDecoder, prompt_encoder: PromptEncoder) -> Self:
        """One that begins as these parts are."""
        return cls(deepcopy(mask_decoder), deepcopy(prompt_encoder.mask_downscaling))

    def mask(self, logits: Tensor) -> Tensor:
        """(R, C, h, w) from mask logits (R, 1, 4h, 4w)."""
        out: Tensor = self.mask_downscaling(logits)
        return out
