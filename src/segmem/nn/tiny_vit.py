"""The image encoder of LiteMedSAM: a TinyViT that keeps a quarter of the image's resolution."""

from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Settings
from segmem.nn.conv_norm import Bottleneck, ConvNorm
from segmem.nn.memory_encoder import ChannelNorm
from segmem.nn.temporal_adapter import Passage, TemporalAdapter, TemporalSettings, attach
from segmem.nn.tiny_block import Block


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


class PatchEmbed(nn.Module):
    """Colours to channels, each pixel for itself."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.seq = nn.Sequential(ConvNorm(3, width // 2), nn.GELU(), ConvNorm(width // 2, width))

    def forward(self, image: Tensor) -> Tensor:
        first, second = (layer.fold_pointwise() for layer in self.seq if isinstance(layer, ConvNorm))
        x = rearrange(image, "b c h w -> b h w c")
        return F.linear(F.gelu(F.linear(x, *first)), *second)


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
