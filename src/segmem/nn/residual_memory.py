"""Plug memory into any feature map: project, look back, project back, add."""

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.memory import Memory
from segmem.nn.memory_attention import (
    MemoryAttention,
    MemoryAttentionLayer,
    MemoryAttentionSettings,
    TemporalCode,
)
from segmem.nn.memory_encoder import MASK_STRIDE, MemoryEncoder, MemoryEncoderSettings

OPEN = 4.0  # the gate begins at the sigmoid of it: all but open
LOCALITY = 3.0  # a cell one step away gets about a fifth of the weight


class ResidualMemory(nn.Module):
    """Memory attention and memory encoder around one feature map of C channels.

    The projection back starts at zero, so an untrained one returns its input exactly, as do the
    first frames of a stream, which have nothing to look back at (TMAM, section 3, with the output
    added to the feature in place of replacing it).

    Args:
        channels: C of the feature map.
        settings: of the memory attention.
        capacity: most frames read at once.
        pool: memory tokens are averaged pool x pool.
        floor: the least share of what memory says that is added; a gate decides on the rest.
    """

    def __init__(
        self,
        channels: int,
        settings: MemoryAttentionSettings,
        capacity: int,
        pool: int = 1,
        floor: float = 0.0,
    ) -> None:
        super().__init__()
        self.pool, self.floor = pool, floor
        self.project = nn.Conv2d(channels, settings.width, 1)
        self.memory_attention = MemoryAttention(settings)
        self.temporal_code = TemporalCode(capacity, settings.memory_width)
        self.gate = nn.Linear(2 * channels, 1)
        nn.init.zeros_(self.gate.weight)
        nn.init.constant_(self.gate.bias, OPEN)
        self.back = nn.Conv2d(settings.width, channels, 1)
        for parameter in self.back.parameters():
            nn.init.zeros_(parameter)
        look_straight_back(self.memory_attention)
        self.memory_encoder = MemoryEncoder(
            MemoryEncoderSettings(width=settings.width, memory_width=settings.memory_width)
        )

    def attend(self, top: Tensor, memory: Memory | None) -> Tensor:
        """(B, C, h, w) that have looked at memory; rows with nothing to look at come back unchanged."""
        if memory is None:
            return top
        grid = (top.shape[-2], top.shape[-1])
        some = memory.valid.any(dim=1)
        tokens = rearrange(self.project(top), "b c h w -> b (h w) c")
        code = self.memory_attention.memory_position(grid, self.pool).to(tokens) + self.temporal_code(memory)
        seen = self.memory_attention(
            tokens,
            rearrange(memory.tokens, "b r l c -> b (r l) c").to(tokens.dtype),
            rearrange(code.to(tokens.dtype), "b r l c -> b (r l) c"),
            grid,
            self.pool,
            self._mask(memory, some),
        )
        update = self.openness(top) * self.back(rearrange(seen, "b (h w) c -> b c h w", h=grid[0]))
        return top + torch.where(some[:, None, None, None], update, 0.0).to(top.dtype)

    def openness(self, top: Tensor) -> Tensor:
        """(B, 1, 1, 1) in `floor`..1: how much of what memory says is added to (B, C, h, w)."""
        share = self.doubt(top).sigmoid()
        return (self.floor + (1 - self.floor) * share)[:, None, None, None]

    def doubt(self, top: Tensor) -> Tensor:
        """(B,) logits that a frame is spoilt, from mean and deviation of its (B, C, h, w) features alone."""
        told = torch.cat([top.mean(dim=(2, 3)), top.std(dim=(2, 3))], dim=1).float()
        with torch.autocast(top.device.type, enabled=False):
            logits: Tensor = self.gate(F.layer_norm(told, told.shape[1:]))
        return logits[:, 0]

    def _mask(self, memory: Memory, some: Tensor) -> Tensor | None:
        """(B, R*L), None where every slot is valid. A row with none sees all, so that no softmax is empty."""
        if bool(memory.valid.all()):
            return None
        valid = memory.valid | ~some[:, None]
        return valid.repeat_interleave(memory.tokens.shape[2], dim=1)

    def memorise(self, top: Tensor, foreground: Tensor) -> Tensor:
        """Memory tokens (B, L, memory_width) of a feature map and its foreground probability (B, 1, H, W).

        The probability is brought to 16 x the feature grid and scaled to logits as 20 p - 10, which the
        mask downsampler takes as they are: no second sigmoid (SAM2, `sigmoid_scale_for_mem_enc`).
        """
        size = (top.shape[-2] * MASK_STRIDE, top.shape[-1] * MASK_STRIDE)
        if tuple(foreground.shape[-2:]) != size:
            foreground = F.interpolate(foreground, size, mode="bilinear", align_corners=False)
        features = self.project(top)
        tokens = self.memory_encoder(features, (foreground * 20 - 10).to(features.dtype))
        if self.pool > 1:
            tokens = F.avg_pool2d(tokens, self.pool, ceil_mode=True, count_include_pad=False)
        out: Tensor = rearrange(tokens, "b c h w -> b (h w) c")
        return out


def look_straight_back(attention: MemoryAttention) -> None:
    """Begin with queries and keys that differ by their place alone, so that each cell reads its own past.

    Equal biases, turned by rotary angles, match best where the places agree. Without it attention begins by
    averaging the whole memory, and a few hundred steps are not enough to learn where to look.
    """
    for layer in attention.modules():
        if isinstance(layer, MemoryAttentionLayer):
            nn.init.constant_(layer.cross_attn_image.q_proj.bias, LOCALITY)
            nn.init.constant_(layer.cross_attn_image.k_proj.bias, LOCALITY)
