"""Mask decoder of SAM and SAM2: features and prompts become masks, their quality, and whether the object is there."""

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Settings
from segmem.nn.perceptron import Perceptron
from segmem.nn.two_way import TwoWayTransformer

STABILITY_DELTA = 0.05  # logits; SAM2, `dynamic_multimask_stability_delta`
STABILITY_THRESHOLD = 0.98  # SAM2, `dynamic_multimask_stability_thresh`
CPU_CELLS = 1024  # brought to pixels at a time on a CPU, so that they stay in its cache


class MaskDecoderSettings(Settings):
    """Size of the mask decoder; the defaults are SAM2's."""

    width: int = 256
    """Channels of features and tokens."""
    depth: int = 2
    """Blocks of two-way attention."""
    heads: int = 8
    """Heads of attention."""
    mlp: int = 2048
    """Hidden channels of a block's perceptron."""
    masks: int = 3
    """Masks for an ambiguous prompt, beyond the single one."""
    high_res: bool = True
    """Whether the image encoder's fine levels are added on the way up (SAM2)."""
    presence: bool = True
    """Whether a token says if the object is on the frame (SAM2)."""
    quality_sigmoid: bool = True
    """Whether the quality is brought to 0..1 (SAM2)."""


@dataclass(frozen=True, slots=True)
class DecodedMasks:
    """All the decoder says of R rows. Mask 0 is the single one, 1.. those for an ambiguous prompt."""

    logits: Tensor  # R M 4h 4w
    quality: Tensor  # R M, estimated overlap with the truth
    tokens: Tensor  # R M C
    presence: Tensor | None  # R logits, above 0 where the object is on the frame


@dataclass(frozen=True, slots=True)
class ChosenMask:
    """One mask a row."""

    logits: Tensor  # R 1 4h 4w
    quality: Tensor  # R
    token: Tensor  # R C, what an object pointer is made from


class Doubling(nn.Module):
    """A transposed convolution of kernel and stride 2 as one matrix product, under its parameter names.

    (R, 4 L, D) from (R, L, C): the four pixels of a cell, rows first, follow one another.
    """

    def __init__(self, dim_in: int, dim_out: int) -> None:
        super().__init__()
        bound = dim_in**-0.5
        self.weight = nn.Parameter(torch.empty(dim_in, dim_out, 2, 2).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(dim_out).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        weight = rearrange(self.weight, "c d i j -> (i j d) c")
        return rearrange(F.linear(x, weight, self.bias.repeat(4)), "r l (p d) -> r (l p) d", p=4)


class MaskDecoder(nn.Module):
    """The mask decoder of SAM2, or of SAM 1 with the settings' three switches off; their parameter names.

    Inside, pixels stay in the order in which cells unfold into them, so that both doublings and the product with
    the mask tokens are plain matrix products; only the masks, a channel each, are put in order.
    """

    def __init__(self, settings: MaskDecoderSettings) -> None:
        super().__init__()
        width, masks = settings.width, settings.masks + 1
        self.presence = settings.presence
        self.transformer = TwoWayTransformer(width, settings.depth, settings.heads, settings.mlp)
        self.iou_token = nn.Embedding(1, width)
        self.mask_tokens = nn.Embedding(masks, width)
        self.output_upscaling = nn.Sequential(
            Doubling(width, width // 4),
            nn.LayerNorm(width // 4, eps=1e-6),
            nn.GELU(),
            Doubling(width // 4, width // 8),
            nn.GELU(),
        )
        self.output_hypernetworks_mlps = nn.ModuleList(
            Perceptron(width, width, width // 8, 3) for _ in range(masks)
        )
        self.iou_prediction_head = Perceptron(width, width, masks, 3, sigmoid=settings.quality_sigmoid)
        if settings.presence:
            self.obj_score_token = nn.Embedding(1, width)
            self.pred_obj_score_head = Perceptron(width, width, 1, 3)
        if settings.high_res:
            self.conv_s0 = nn.Conv2d(width, width // 8, 1)
            self.conv_s1 = nn.Conv2d(width, width // 4, 1)

    def refine_skips(self, level0: Tensor, level1: Tensor) -> tuple[Tensor, Tensor]:
        """Skips (B, C/8, 4h, 4w) and (B, C/4, 2h, 2w) of the encoder's two finest levels, once an image."""
        return self.conv_s0(level0), self.conv_s1(level1)

    def forward(
        self, top: Tensor, positions: Tensor, sparse: Tensor, dense: Tensor, skips: tuple[Tensor, ...] = ()
    ) -> DecodedMasks:
        """All masks of R rows.

        Args:
            top: (R, C, h, w) features, after memory attention where there is one.
            positions: (1, C, h, w) of `PromptEncoder.positions`.
            sparse: (R, P, C) of `PromptEncoder.points`; P may be 0.
            dense: (R or 1, C, h, w) of `PromptEncoder.mask` or `no_mask`.
            skips: of `refine_skips`, B images; each serves the R / B rows after one another. Empty without
                `high_res`.
        """
        own = [self.iou_token.weight, self.mask_tokens.weight]
        if self.presence:
            own.insert(0, self.obj_score_token.weight)
        learned = torch.cat(own)
        tokens = torch.cat([learned.expand(len(sparse), -1, -1).to(sparse), sparse], dim=1)
        cells = rearrange(top + dense, "r c h w -> r (h w) c")
        places = rearrange(positions, "r c h w -> r (h w) c")
        tokens, cells = self.transformer(tokens, cells, places)

        first = 1 if self.presence else 0
        mask_tokens = tokens[:, first + 1 : len(learned)]
        return DecodedMasks(
            logits=self._masks(cells, mask_tokens, skips, (top.shape[-2], top.shape[-1])),
            quality=self.iou_prediction_head(tokens[:, first]),
            tokens=mask_tokens,
            presence=self.pred_obj_score_head(tokens[:, 0])[:, 0] if self.presence else None,
        )

    def _masks(
        self, cells: Tensor, mask_tokens: Tensor, skips: tuple[Tensor, ...], grid: tuple[int, int]
    ) -> Tensor:
        """(R, M, 4h, 4w) from cells (R, hw, C) and mask tokens (R, M, C)."""
        heads = zip(self.output_hypernetworks_mlps, mask_tokens.unbind(1), strict=True)
        weight = torch.stack([head(token) for head, token in heads], dim=1)
        sources = [cells, *(_unfolded(skip, grid) for skip in reversed(skips))]
        count = max(1, CPU_CELLS // len(cells)) if cells.device.type == "cpu" else cells.shape[1]
        parts = zip(*(torch.split(x, count * 4**i, dim=1) for i, x in enumerate(sources)), strict=True)
        masks: Tensor = rearrange(
            torch.cat([weight @ self._pixels(*part).mT for part in parts], dim=2),
            "r m (h w i j k l) -> r m (h i k) (w j l)",
            h=grid[0],
            w=grid[1],
            i=2,
            j=2,
            k=2,
        )
        return masks

    def _pixels(self, cells: Tensor, middle: Tensor | None = None, fine: Tensor | None = None) -> Tensor:
        """(R, 16 L, C/8) from cells (R, L, C) and skips (B, 4 L, C/4) and (B, 16 L, C/8), all unfolded."""
        first, norm, active, second, _ = self.output_upscaling
        x = active(norm(_plus(first(cells), middle)))
        pixels: Tensor = active(_plus(second(x), fine))
        return pixels


def _unfolded(skip: Tensor, grid: tuple[int, int]) -> Tensor:
    """(B, L, D) from a finer map (B, D, H, W), in the order in which cells unfold into its pixels."""
    h, w = grid
    if skip.shape[-2] == 2 * h:
        return rearrange(skip, "b d (h i) (w j) -> b (h w i j) d", h=h, w=w)
    return rearrange(skip, "b d (h i k) (w j l) -> b (h w i j k l) d", h=h, w=w, i=2, j=2)


def _plus(x: Tensor, skip: Tensor | None) -> Tensor:
    """Rows (B K, L, D) plus one (B, L, D) of each image; changes `x`."""
    if skip is not None:
        rearrange(x, "(b k) l d -> b k l d", b=len(skip)).add_(skip[:, None])
    return x


def choose(decoded: DecodedMasks, multimask: bool, stability: bool = True) -> ChosenMask:
    """One mask of each row, as SAM2 takes it.

    Args:
        multimask: True takes the best of masks 1.. by quality, and its token. False takes mask 0.
        stability: with `multimask` False, take the best of masks 1.. where mask 0 is unstable: where moving the
            threshold by 0.05 changes more than 2 % of its area. The token stays that of mask 0, as in SAM2.
    """
    rows = torch.arange(len(decoded.quality), device=decoded.quality.device)
    best = decoded.quality[:, 1:].argmax(dim=1) + 1
    single = torch.zeros_like(best)
    if multimask:
        taken = best
    elif stability:
        taken = torch.where(stability_score(decoded.logits[:, 0]) >= STABILITY_THRESHOLD, single, best)
    else:
        taken = single
    return ChosenMask(
        logits=decoded.logits[rows, taken][:, None],
        quality=decoded.quality[rows, taken],
        token=decoded.tokens[rows, best if multimask else single],
    )


def stability_score(logits: Tensor) -> Tensor:
    """(R,) in 0..1 of masks (R, H, W): area above +0.05 over area above -0.05; 1 for an empty mask."""
    sure = (logits > STABILITY_DELTA).sum(dim=(-2, -1)).float()
    wide = (logits > -STABILITY_DELTA).sum(dim=(-2, -1)).float()
    return torch.where(wide > 0, sure / wide, 1.0)
