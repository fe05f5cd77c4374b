"""The mask decoder of many classes at once: tokens are of each class, the image side is shared."""

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.nn.lapg_settings import ClassDecoderSettings
from segmem.nn.perceptron import Perceptron
from segmem.nn.two_way import CrossAttention, TwoWayTransformer

ROLES = 2  # tokens of a class: its mask's, its quality's


@dataclass(frozen=True, slots=True)
class ClassMap:
    """What the decoder says of B slices."""

    logits: Tensor  # B K H' W', on the finest grid it reaches
    quality: Tensor  # B K in 0..1, predicted IoU


class ClassDecoder(nn.Module):
    """SAM's two-way transformer with a mask and a quality token of each class, then convolutions up to fine levels.

    mask_k = <perceptron(token_k), pixels>: a class costs two tokens and one product, whatever the image's size.

    Args:
        settings: size.
        classes: K, background among them.
        width: C.
        fine: channels of the encoder's fine levels, finest first.
    """

    def __init__(
        self, settings: ClassDecoderSettings, classes: int, width: int, fine: tuple[int, ...]
    ) -> None:
        super().__init__()
        self.classes = classes
        self.own = nn.Parameter(torch.empty(classes, ROLES, width))
        nn.init.normal_(self.own)
        self.read = CrossAttention(width, settings.heads, width)
        self.no_mask = nn.Parameter(torch.zeros(width))
        self.transformer = TwoWayTransformer(width, settings.depth, settings.heads, settings.mlp)
        self.skips = nn.ModuleList(
            _convolved(count, out) for count, out in zip(reversed(fine), settings.channels, strict=False)
        )
        before = (width, *settings.channels)
        self.narrow = nn.ModuleList(
            nn.Conv2d(a, b, 1) for a, b in zip(before[:-1], settings.channels, strict=True)
        )
        self.blocks = nn.ModuleList(_convolved(out, out) for out in settings.channels)
        self.compare = Perceptron(width, width, settings.channels[-1], 3)
        self.judge = Perceptron(width, width, 1, 3, sigmoid=True)

    def begin(self, prompts: Tensor, gate: Tensor) -> Tensor:
        """(B, 2 K, C): each class's own tokens, plus what they read from its prompts (B, K, n, C) times `gate` (C,)."""
        own = self.own.to(prompts.dtype).expand(len(prompts), -1, -1, -1)
        told = rearrange(prompts, "b k n c -> (b k) n c")
        read = self.read(rearrange(own, "b k r c -> (b k) r c"), told, told)
        begun = own + gate * rearrange(read, "(b k) r c -> b k r c", k=self.classes)
        out: Tensor = rearrange(begun, "b k r c -> b (k r) c")
        return out

    def refine(self, levels: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The encoder's fine levels as `forward` takes them, once a slice, whatever memory says of it later."""
        return tuple(skip(level) for skip, level in zip(self.skips, reversed(levels), strict=False))

    def forward(self, top: Tensor, places: Tensor, own: Tensor, skips: tuple[Tensor, ...]) -> ClassMap:
        """The classes of B slices.

        Args:
            top: (B, C, h, w), dense prompt added.
            places: (1, h*w, C) where the cells are.
            own: (B, 2 K, C) of `begin`.
            skips: of `refine`, coarse to fine.
        """
        h = top.shape[-2]
        tokens, cells = self.transformer(own, rearrange(top, "b c h w -> b (h w) c"), places)
        apart = rearrange(tokens, "b (k r) c -> b k r c", r=ROLES)
        x = rearrange(cells, "b (h w) c -> b c h w", h=h)
        for level, (narrow, block) in enumerate(zip(self.narrow, self.blocks, strict=True)):
            x = F.interpolate(narrow(x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = block(x + skips[level] if level < len(skips) else x)
        return ClassMap(
            logits=torch.einsum("bkd,bdhw->bkhw", self.compare(apart[:, :, 0]), x),
            quality=self.judge(apart[:, :, 1])[..., 0],
        )


def _convolved(dim_in: int, dim_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(dim_in, dim_out, 3, padding=1, bias=False), nn.BatchNorm2d(dim_out), nn.ReLU(inplace=True)
    )
