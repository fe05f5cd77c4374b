"""The image encoder of LiteMedSAM: a TinyViT that keeps a quarter of the image's resolution."""

from collections.abc import Iterator

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Settings
from segmem.nn.memory_encoder import ChannelNorm
from segmem.nn.strips import by_strips, joined, rows_at_once, strips
from segmem.nn.temporal_adapter import Passage, TemporalAdapter, TemporalSettings, attach


class TinyVitSettings(Settings):
    """Size of the encoder; the defaults are LiteMedSAM's."""

    widths: tuple[int, ...] = (64, 128, 160, 320)
    """Channels of each stage. The first is of convolutions, the others of attention in windows."""
    depths: tuple[int, ...] = (2, 2, 6, 2)
    """Blocks of each stage."""
    heads: tuple[int, ...] = (2, 4, 5, 10)
    """Attention heads of each stage; the first stage has no use for its number."""
    windows: tuple[int, ...] = (7, 7, 14, 7)
    """Cells along the side of a window, for each stage."""
    strides: tuple[int, ...] = (2, 2, 1)
    """From each stage to the next."""
    width: int = 256
    """Channels of the embedding."""


class ConvNorm(nn.Module):
    """A convolution and its batch norm as one affine map.

    The norm always uses the statistics it was trained with: training the network around it does not move them.
    """

    def __init__(self, dim: int, out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.c = nn.Conv2d(dim, out, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(out)

    def fold(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the one convolution that does what both do: (out, dim / groups, k, k) and (out,)."""
        assert self.bn.running_mean is not None  # noqa: S101  as BatchNorm2d is built
        assert self.bn.running_var is not None  # noqa: S101
        scale = self.bn.weight * torch.rsqrt(self.bn.running_var + self.bn.eps)
        return self.c.weight * scale[:, None, None, None], self.bn.bias - self.bn.running_mean * scale

    def fold_pointwise(self) -> tuple[Tensor, Tensor]:
        """The same for a 1x1 kernel, as a matrix (out, dim) and a bias."""
        weight, bias = self.fold()
        return weight.flatten(1), bias


def depthwise(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: tuple[int, int]) -> Tensor:
    """A depthwise convolution of (B, h, w, C)."""
    out = F.conv2d(rearrange(x, "b h w c -> b c h w"), weight, bias, stride, padding, groups=len(bias))
    return rearrange(out, "b c h w -> b h w c")


class Bottleneck(nn.Module):
    """Widen, look at the neighbours, narrow: 1x1, depthwise 3x3, 1x1. With `residual` what goes in is added.

    Done strip by strip with a row of the neighbours above and below: what is in between never leaves the cache,
    and the result is the same.
    """

    def __init__(self, dim: int, hidden: int, out: int, stride: int = 1, residual: bool = False) -> None:
        super().__init__()
        self.conv1 = ConvNorm(dim, hidden)
        self.conv2 = ConvNorm(hidden, hidden, 3, stride, groups=hidden)
        self.conv3 = ConvNorm(hidden, out)
        self.stride, self.residual, self.hidden = stride, residual, hidden

    def forward(self, x: Tensor) -> Tensor:
        """(B, h / stride, w / stride, out) from (B, h, w, dim); sides are rounded up."""
        height = -(-x.shape[1] // self.stride)
        return joined(self._strips(x, height, max(1, rows_at_once(x, self.hidden) // self.stride)), height)

    def _strips(self, x: Tensor, height: int, rows: int) -> Iterator[Tensor]:
        widen, mix, narrow = self.conv1.fold_pointwise(), self.conv2.fold(), self.conv3.fold_pointwise()
        for top, end in strips(height, rows):
            first, last = (
                top * self.stride - 1,
                (end - 1) * self.stride + 2,
            )  # with a neighbour on either side
            above, below = max(-first, 0), max(last - x.shape[1], 0)
            y = F.gelu(F.linear(x[:, first + above : last - below], *widen))
            if above or below:
                y = F.pad(y, (0, 0, 0, 0, above, below))
            y = F.linear(F.gelu(depthwise(y, *mix, self.stride, (0, 1))), *narrow)
            yield F.gelu(y + x[:, top:end]) if self.residual else y


class PatchEmbed(nn.Module):
    """Colours to channels, each pixel for itself."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.seq = nn.Sequential(ConvNorm(3, width // 2), nn.GELU(), ConvNorm(width // 2, width))

    def forward(self, image: Tensor) -> Tensor:
        first, second = (layer.fold_pointwise() for layer in self.seq if isinstance(layer, ConvNorm))
        x = rearrange(image, "b c h w -> b h w c")
        return F.linear(F.gelu(F.linear(x, *first)), *second)


class WindowAttention(nn.Module):
    """Attention within square windows, with a learned bias for each distance along the two axes.

    Windows that reach over the edge hold cells of zeros, which take part as in the published network; their queries,
    keys and values are all alike and come from the biases alone, so they are filled in and not computed.
    """

    index: Tensor

    def __init__(self, dim: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        self.norm = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.attention_biases = nn.Parameter(torch.zeros(heads, window * window))
        side = torch.arange(window)
        away = (side[:, None] - side).abs()
        index = away[:, None, :, None] * window + away[None, :, None, :]
        self.register_buffer("index", index.reshape(window**2, window**2), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """What is to be added to (B, h, w, C)."""
        bias = self.attention_biases[:, self.index][None]
        rows = max(1, rows_at_once(x, 3 * x.shape[3]) // self.window) * self.window
        return by_strips(lambda part: self._attend(part, bias), x, rows)

    def _attend(self, x: Tensor, bias: Tensor) -> Tensor:
        height, width = x.shape[1:3]
        padded = self._pad(self.qkv(self.norm(x)))
        i, j = (side // self.window for side in padded.shape[1:3])
        pattern = "b (i h) (j w) (n three d) -> three (b i j) n (h w) d"
        q, k, v = rearrange(padded, pattern, three=3, n=self.heads, i=i, j=j)
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        merged = rearrange(out, "(b i j) n (h w) d -> b (i h) (j w) (n d)", i=i, j=j, h=self.window)
        done: Tensor = self.proj(merged[:, :height, :width])
        return done

    def _pad(self, qkv: Tensor) -> Tensor:
        """Fill (B, h, w, 3 C) up to whole windows with what a cell of zeros gives."""
        batch, height, width = qkv.shape[:3]
        below, right = -height % self.window, -width % self.window
        if not below and not right:
            return qkv
        empty = F.linear(self.norm.bias, self.qkv.weight, self.qkv.bias).to(qkv.dtype)
        beside = empty.expand(batch, height, right, -1)
        under = empty.expand(batch, below, width + right, -1)
        return torch.cat([torch.cat([qkv, beside], 2), under], 1)


class Mlp(nn.Module):
    """Norm, widen, narrow."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(F.gelu(self.fc1(self.norm(x))))
        return out


class Block(nn.Module):
    """Attention in windows, a depthwise convolution across their edges, and an MLP.

    With an `adapter` what attention finds passes it before it is added.
    """

    def __init__(self, dim: int, heads: int, window: int) -> None:
        super().__init__()
        self.adapter: TemporalAdapter | None = None
        self.attn = WindowAttention(dim, heads, window)
        self.mlp = Mlp(dim, 4 * dim)
        self.local_conv = ConvNorm(dim, dim, 3, groups=dim)

    def forward(self, x: Tensor, passage: Passage | None = None) -> Tensor:
        """(B, h, w, C) from the same."""
        found = self.attn(x)
        found = found if self.adapter is None else self.adapter.through(found, passage or Passage())
        x = depthwise(x + found, *self.local_conv.fold(), 1, (1, 1))
        return by_strips(lambda part: part + self.mlp(part), x, rows_at_once(x, self.mlp.fc1.out_features))


class Stage(nn.Module):
    """Blocks in a row, then perhaps a step down; the encoder goes through them."""

    def __init__(self, blocks: list[nn.Module], downsample: nn.Module | None) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*blocks)
        self.downsample = downsample


class TinyVit(nn.Module):
    """TinyViT (Wu et al. 2022) as LiteMedSAM changed it, under that network's parameter names.

    A pixel is a patch, and the last step down keeps the resolution, so that the embedding has a cell for 4x4 pixels.
    """

    def __init__(self, settings: TinyVitSettings) -> None:
        super().__init__()
        self.adapter: TemporalAdapter | None = None
        self.width = settings.width
        self.patch_embed = PatchEmbed(settings.widths[0])
        self.layers = nn.Sequential(*(_stage(settings, index) for index in range(len(settings.widths))))
        self.neck = nn.Sequential(
            nn.Conv2d(settings.widths[-1], settings.width, 1, bias=False),
            ChannelNorm(settings.width),
            nn.Conv2d(settings.width, settings.width, 3, padding=1, bias=False),
            ChannelNorm(settings.width),
        )

    def adapt(self, settings: TemporalSettings) -> None:
        """Put temporal adapters into the blocks with attention, or one after them; they start as if they were not
        there."""
        if settings.place == "embedding":
            self.adapter = TemporalAdapter(self.width, settings)
            return
        blocks = [block for block in self.modules() if isinstance(block, Block)]
        attach(blocks, [block.mlp.fc1.in_features for block in blocks], settings)

    def forward(self, image: Tensor, passage: Passage | None = None) -> Tensor:
        """(B, width, H / 4, W / 4) from an image (B, 3, H, W) in 0..1; any size, sides rounded up.

        Images belong together as `passage` says; without one each is alone.
        """
        return self.finish(self.enter(image), passage)

    def enter(self, image: Tensor) -> Tensor:
        """(B, ., h, w) of images (B, 3, H, W) as they come to the first adapter, or to the end: of each image alone."""
        x = self.patch_embed(image)
        for step in self.steps()[: self.alone()]:
            x = step(x)
        x = rearrange(x, "b h w c -> b c h w")
        out: Tensor = x if self.alone() < len(self.steps()) else self.neck(x)
        return out

    def finish(self, entered: Tensor, passage: Passage | None = None) -> Tensor:
        """The embedding of what `enter` gave, of images that belong together as `passage` says."""
        passage = passage or Passage()
        if self.alone() < len(self.steps()):
            x = rearrange(entered, "b c h w -> b h w c")
            for step in self.steps()[self.alone() :]:
                x = step(x, passage) if isinstance(step, Block) else step(x)
            entered = self.neck(rearrange(x, "b h w c -> b c h w"))
        if self.adapter is None:
            return entered
        seen = self.adapter.through(rearrange(entered, "b c h w -> b h w c"), passage)
        return rearrange(seen, "b h w c -> b c h w")

    def steps(self) -> list[nn.Module]:
        """Blocks and steps down, in order."""
        stages = [stage for stage in self.layers if isinstance(stage, Stage)]
        steps = [step for stage in stages for step in (*stage.blocks, stage.downsample)]
        return [step for step in steps if step is not None]

    def alone(self) -> int:
        """How many of the steps come before the first block with an adapter."""
        steps = self.steps()
        carry = (place for place, step in enumerate(steps) if isinstance(step, Block) and step.adapter)
        return next(carry, len(steps))


def _stage(settings: TinyVitSettings, index: int) -> Stage:
    dim, depth = settings.widths[index], settings.depths[index]
    blocks: list[nn.Module] = [
        Block(dim, settings.heads[index], settings.windows[index])
        if index
        else Bottleneck(dim, 4 * dim, dim, residual=True)
        for _ in range(depth)
    ]
    if index + 1 == len(settings.widths):
        return Stage(blocks, None)
    wider = settings.widths[index + 1]
    return Stage(blocks, Bottleneck(dim, wider, wider, settings.strides[index]))
