"""The learnable automatic prompt generator: concept tokens of each class read a slice and say what to look for."""

from dataclasses import dataclass

import torch
from einops import rearrange, repeat
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.nn.class_masks import ClassMasks
from segmem.nn.lapg_settings import GeneratorSettings
from segmem.nn.perceptron import Perceptron
from segmem.nn.two_way import TwoWayBlock

COARSE = 4  # pixels to a cell of the coarse masks


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the generator says of B slices with K classes, background among them.

    Attributes:
        top: (B, C, h, w) features after the tokens have told them what they are.
        tokens: (B, K, n, C) sparse prompts.
        dense: (B, C, h, w) dense prompt, of the coarse masks.
        coarse: (B, L, K, H/4, W/4) logits after each layer, the last one last; L is 1 in use, 0 where there are none.
        presence: (B, K - 1) logits of foreground classes; above 0 where a class is on the slice.
    """

    top: Tensor
    tokens: Tensor
    dense: Tensor
    coarse: Tensor
    presence: Tensor


class PromptGenerator(nn.Module):
    """K classes of n concept tokens each, and two-way layers between them and the image (LAPG, reconstructed).

    Args:
        settings: of the tokens and layers.
        classes: K, background among them.
        width: C.
        stride: pixels to a cell of the features, 8 or 16.
    """

    def __init__(self, settings: GeneratorSettings, classes: int, width: int, stride: int) -> None:
        super().__init__()
        self.classes = classes
        self.concepts = nn.Parameter(torch.empty(classes, settings.tokens, width))
        self.class_embed = nn.Parameter(torch.empty(classes, 1, width))
        for parameter in (self.concepts, self.class_embed):
            nn.init.normal_(parameter)
        self.layers = nn.ModuleList(
            TwoWayBlock(width, settings.heads, settings.mlp, first=i == 0) for i in range(settings.layers)
        )
        self.finer = stride // COARSE
        self.pixels = nn.Conv2d(width, settings.embed * self.finer**2, 1)
        self.compare = Perceptron(width, width, settings.embed, 2)
        self.present = nn.Linear(width, 1)
        self.masks = ClassMasks(classes, width, self.finer)

    def forward(self, top: Tensor, places: Tensor) -> Proposal:
        """What it says of features (B, C, h, w); `places` (1, h*w, C) says where the cells are."""
        grid = (top.shape[-2], top.shape[-1])
        learned = rearrange(self.concepts + self.class_embed, "k n c -> 1 (k n) c")
        tokens = learned.expand(len(top), -1, -1).to(top.dtype)
        cells, begun, drawn = rearrange(top, "b c h w -> b (h w) c"), tokens, []
        for number, layer in enumerate(self.layers, start=1):
            tokens, cells = layer(tokens, cells, begun, places)
            if self.training or number == len(self.layers):
                drawn.append(self._coarse(tokens, cells, grid))
        apart = rearrange(tokens, "b (k n) c -> b k n c", k=self.classes)
        return Proposal(
            top=rearrange(cells, "b (h w) c -> b c h w", h=grid[0]),
            tokens=apart,
            dense=self.masks(drawn[-1].softmax(dim=1)),
            coarse=torch.stack(drawn, dim=1),
            presence=self.present(apart[:, 1:].mean(dim=2))[..., 0],
        )

    def _coarse(self, tokens: Tensor, cells: Tensor, grid: tuple[int, int]) -> Tensor:
        """(B, K, H/4, W/4): how well each place fits a class's tokens, on average."""
        image = F.pixel_shuffle(self.pixels(rearrange(cells, "b (h w) c -> b c h w", h=grid[0])), self.finer)
        asked = rearrange(self.compare(tokens), "b (k n) d -> b k n d", k=self.classes).mean(dim=2)
        return torch.einsum("bkd,bdhw->bkhw", asked, image)


def as_released(top: Tensor, refined: Tensor, token: Tensor, classes: int) -> Proposal:
    """A proposal of one token (B, 1, C), the same for every class, and refined features; it draws nothing."""
    b, _, h, w = top.shape
    return Proposal(
        top=refined,
        tokens=repeat(token, "b n c -> b k n c", k=classes),
        dense=torch.zeros_like(top),
        coarse=top.new_zeros(b, 0, classes, h, w),
        presence=top.new_zeros(b, classes - 1),
    )
