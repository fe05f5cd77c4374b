"""Plug memory into any feature map: fit it to memory attention, look back, and bring it back."""

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Features
from segmem.core.errors import SettingsError, UsageError
from segmem.memory import ClassSums, LastAnswer, Memory
from segmem.nn.cell_gate import CellGate
from segmem.nn.channel_groups import cut, group_count, put_back
from segmem.nn.early_map import EarlyMap
from segmem.nn.evidence import Cells, ClassEvidence, Seen, packed, unpacked
from segmem.nn.feature_memory_settings import FeatureMemorySettings
from segmem.nn.frame_gate import OPEN, FrameGate
from segmem.nn.memory_attention import MemoryAttention, TemporalCode, look_straight_back
from segmem.nn.memory_encoder import MASK_STRIDE, MemoryEncoder, MemoryEncoderSettings
from segmem.nn.positions import Grid
from segmem.nn.steady import steadied


@dataclass(frozen=True, slots=True)
class Looked:
    """A feature map that has looked at memory.

    Attributes:
        top: (B, C, h, w), what the decoder takes.
        raw: the frame's features before it looked back.
        inner: (B * G, width, grid) of what the memory encoder takes; None where it is made of `top`.
        seen: the class evidence; None where there is none.
    """

    top: Tensor
    raw: Features
    inner: Tensor | None = None
    seen: Seen | None = None


class FeatureMemory(nn.Module):
    """Memory attention and memory encoder around one feature map of C channels (TMAM, section 3).

    With the default settings, which have no class evidence, the projection back starts at zero, so an untrained one
    returns its input exactly.
    Rows with nothing to look back at, as the first frames of a stream, come back unchanged with any.

    Args:
        channels: C of the feature map.
        settings: how it is plugged in.
        capacity: most frames read at once.
        classes: of foreground.
        early: the network's first feature map, for a gate that sees it.

    Raises:
        SettingsError: the gate is to see it, and there is none before the feature.
    """

    def __init__(
        self,
        channels: int,
        settings: FeatureMemorySettings,
        capacity: int,
        classes: int = 1,
        early: EarlyMap | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings
        attention = settings.attention
        grouped = settings.channels == "groups"
        self.groups = group_count(channels, attention.width) if grouped else 1
        self.project = nn.Identity() if grouped else nn.Conv2d(channels, attention.width, 1)
        self.memory_attention = MemoryAttention(attention)
        self.temporal_code = TemporalCode(capacity, attention.memory_width) if settings.recency else None
        self.early = _seen(settings, early)
        self.gate: FrameGate | CellGate | None = None
        if settings.gate:
            maps = (channels,) if self.early is None else (channels, 2 * self.early.channels)
            self.gate = CellGate(*maps) if settings.gate_by == "cell" else FrameGate(*maps)
        self.back = nn.Identity() if grouped else nn.Conv2d(attention.width, channels, 1)
        self.gain: nn.Parameter | None = None
        if settings.combine == "add":
            if grouped:
                self.gain = nn.Parameter(torch.zeros(channels, 1, 1))
            for parameter in self.back.parameters():
                nn.init.zeros_(parameter)
        if settings.straight:
            look_straight_back(self.memory_attention)
        self.memory_encoder = MemoryEncoder(
            MemoryEncoderSettings(width=attention.width, memory_width=attention.memory_width)
        )
        self.evidence = None
        if settings.evidence is not None:
            self.evidence = ClassEvidence(channels, classes + 1, settings.evidence, capacity)
        self.class_code: nn.Parameter | None = None
        if settings.classes == "apart":
            self.class_code = nn.Parameter(1 + 0.5 * torch.randn(classes, attention.width))

    def attend(self, features: Features, memory: Memory | None) -> Looked:
        """Features (B, C, h, w) that have looked at memory; rows with nothing to look at come back unchanged."""
        top = features.top
        if memory is None:
            return Looked(top, features)
        some = memory.valid.any(dim=1)
        memory, kept = self._unpacked(top, memory)
        cells = strange = alike = None
        if self.evidence is not None and kept is not None:
            cells = self.evidence.cells(top)
            kept = self.evidence.follow(cells, kept, memory.valid)
            alike = self.evidence.likeness(cells, kept)
            strange = self.evidence.strange(cells, kept, memory.valid, alike)
        doubt = self.doubt(features, strange)
        told = self._matched(cells, memory, kept, doubt.detach(), alike)
        fitted = self._fitted(top)
        inner = self._narrow(fitted)
        seen = self._look_back(inner, memory, some)
        wide = self._widened(seen, fitted, top)
        taken = self._taken(wide, top, doubt)
        new = taken if self.settings.combine == "replace" else top + taken
        row = some[:, None, None, None]
        out = torch.where(row, new.to(top.dtype), top)
        if self.settings.combine == "add":
            return Looked(out, features, seen=told)
        inner = torch.where(row.repeat_interleave(self.groups, dim=0), seen.to(inner.dtype), inner)
        return Looked(out, features, inner, told)

    def settle(self, logits: Tensor, looked: Looked, known: ClassSums | None = None) -> Tensor:
        """The decoder's logits (B, K, H, W), moved by the class evidence where there is some; `known` is what the
        stream has shown of each class."""
        if self.evidence is None or looked.seen is None:
            return logits
        recognised = None if known is None else self.evidence.recognised(looked.raw.top, known)
        settled = self.evidence.settle(logits, looked.seen.found, looked.seen.trusted, recognised)
        return torch.where(looked.seen.some[:, None, None, None], settled, logits.float())

    def steady(
        self, logits: Tensor, features: Features, last: LastAnswer | None
    ) -> tuple[Tensor, LastAnswer | None]:
        """Settled logits (B, K, H, W) without flicker, and what the next frame needs of this one. They stay as they are
        while the model is trained: an answer is learnt from its own frame."""
        share = 0.0 if self.evidence is None or self.training else self.evidence.settings.steady
        if not share or features.picture is None:
            return logits, None
        return steadied(logits, features.picture, last, share)

    def _unpacked(self, top: Tensor, memory: Memory) -> tuple[Memory, Tensor | None]:
        """The memory of attention alone, and what is kept for the class evidence."""
        if self.evidence is None:
            return memory, None
        return unpacked(memory, self.evidence, top, self.settings.attention.memory_width)

    def _matched(
        self, cells: Cells | None, memory: Memory, kept: Tensor | None, doubt: Tensor, alike: Tensor | None
    ) -> Seen | None:
        """The class evidence."""
        if self.evidence is None or cells is None or kept is None or alike is None:
            return None
        some = memory.valid.any(dim=1)
        trusted = self.evidence.trusted(doubt, kept, memory.valid, alike)
        found = self.evidence.find(cells, kept, memory.rank, memory.valid | ~some[:, None], trusted)
        return Seen(cells, found, doubt, trusted, some)

    def _fitted(self, top: Tensor) -> Tensor:
        """(B, C, grid) of (B, C, h, w)."""
        side = self.settings.grid
        return top if side is None else resized(top, (side, side))

    def _narrow(self, fitted: Tensor) -> Tensor:
        """(B * G, width, grid) of (B, C, grid)."""
        if self.settings.channels == "groups":
            return cut(fitted, self.settings.attention.width)
        out: Tensor = self.project(fitted)
        return out

    def _look_back(self, inner: Tensor, memory: Memory, some: Tensor) -> Tensor:
        """(B * G, width, grid) after memory attention; `some` (B,) tells which rows have a memory."""
        grid = (inner.shape[-2], inner.shape[-1])
        pool, groups = self.settings.pool, self.groups
        code = self.memory_attention.memory_position(grid, pool).to(inner)
        if self.temporal_code is not None:
            code = code + self.temporal_code(memory)  # B R L C
        else:
            code = code.expand(memory.tokens.shape[0], memory.tokens.shape[1], -1, -1)
        seen = self.memory_attention(
            rearrange(inner, "b c h w -> b (h w) c"),
            rearrange(memory.tokens, "b r (g l) c -> (b g) (r l) c", g=groups).to(inner.dtype),
            rearrange(code.to(inner.dtype), "b r l c -> b (r l) c").repeat_interleave(groups, dim=0),
            grid,
            pool,
            self._mask(memory, some),
        )
        out: Tensor = rearrange(seen, "b (h w) c -> b c h w", h=grid[0])
        return out

    def _widened(self, seen: Tensor, fitted: Tensor, top: Tensor) -> Tensor:
        """(B, C, h, w) of (B * G, width, grid): what memory says of each channel, on the feature's own grid."""
        wide = put_back(seen, fitted) if self.settings.channels == "groups" else self.back(seen)
        return resized(wide, (top.shape[-2], top.shape[-1]))

    def _taken(self, told: Tensor, top: Tensor, doubt: Tensor) -> Tensor:
        """What memory says in the share that the gate and a group's gain allow."""
        if self.gain is not None:
            told = self.gain * told
        if self.gate is None:
            return told
        share = self.settings.floor + (1 - self.settings.floor) * doubt.sigmoid()
        return share * told + (1 - share) * top if self.settings.combine == "replace" else share * told

    def doubt(self, features: Features, strange: Tensor | None = None) -> Tensor:
        """Logits that a frame, (B, 1, 1, 1), or each of its cells, (B, 1, h, w), is spoilt, from its features
        (B, C, h, w) and from how strange its cells are next to what is remembered, (B, 1, h, w)."""
        if self.gate is None:
            return features.top.new_full((len(features.top), 1, 1, 1), OPEN, dtype=torch.float32)
        return self.gate.doubt(self._maps(features), strange)

    def gate_loss(self, features: Features, spoilt: Tensor) -> Tensor:
        """How well the gate tells from features (N, C, h, w) how far pixels are spoilt, (N, H, W) in 0..1. The features
        learn nothing by it.

        Raises:
            SettingsError: there is no gate.
        """
        if self.gate is None:
            raise SettingsError("This memory has no gate (model.tmam.gate), so there is none to teach.")
        return self.gate.loss([one.detach() for one in self._maps(features)], spoilt)

    def _maps(self, features: Features) -> list[Tensor]:
        """What the gate sees."""
        return [features.top] if self.early is None else [features.top, self.early.glance(features)]

    def _mask(self, memory: Memory, some: Tensor) -> Tensor | None:
        """(B * G, R*L), None where every slot is valid. A row with none sees all, so that no softmax is empty."""
        if bool(memory.valid.all()):
            return None
        valid = (memory.valid | ~some[:, None]).repeat_interleave(self.groups, dim=0)
        return valid.repeat_interleave(memory.tokens.shape[2] // self.groups, dim=1)

    def memorise(self, looked: Looked, foreground: Tensor) -> Tensor:
        """Memory tokens (B, L, memory_width) of a feature map and probabilities (B, K, H, W) of foreground classes."""
        inner = self._narrow(self._fitted(looked.top)) if looked.inner is None else looked.inner
        mask = self._told(foreground, (inner.shape[-2], inner.shape[-1])).to(inner.dtype)
        tokens = self.memory_encoder(inner, mask.repeat_interleave(self.groups, dim=0), self.class_code)
        if self.settings.pool > 1:
            tokens = F.avg_pool2d(tokens, self.settings.pool, ceil_mode=True, count_include_pad=False)
        out: Tensor = rearrange(tokens, "(b g) c h w -> b (g h w) c", g=self.groups)
        if self.evidence is None:
            return out
        seen = looked.seen
        cells = self.evidence.cells(looked.raw.top) if seen is None else seen.cells
        doubt = self.doubt(looked.raw).detach() if seen is None else seen.doubt
        background = 1 - foreground.sum(dim=1, keepdim=True)
        classes = torch.cat([background, foreground], dim=1)
        return packed(out, self.evidence.remember(cells, classes, doubt))

    def learn(self, looked: Looked, probabilities: Tensor, known: ClassSums | None) -> ClassSums | None:
        """What the stream has shown of each class, this frame among it, with probabilities (B, K, H, W). Nothing while
        the model is trained: there the network is sure of all that it is shown, and right."""
        if self.evidence is None or not self.evidence.settings.discriminant or self.training:
            return None
        doubt = self.doubt(looked.raw) if looked.seen is None else looked.seen.doubt
        return self.evidence.learn(looked.raw.top, probabilities, doubt, known)

    def _told(self, foreground: Tensor, grid: Grid) -> Tensor:
        """The mask downsampler's input, which takes it as it is: no second sigmoid (`sigmoid_scale_for_mem_enc`)."""
        if self.class_code is None:
            foreground = foreground.sum(dim=1, keepdim=True)
        elif foreground.shape[1] != len(self.class_code):
            count = len(self.class_code)
            raise UsageError(
                f"This memory keeps {count} classes apart; it was told of {foreground.shape[1]}."
            )
        coarse = self.settings.mask == "coarse"
        size = (MASK_STRIDE, MASK_STRIDE) if coarse else (grid[0] * MASK_STRIDE, grid[1] * MASK_STRIDE)
        fitted = resized(foreground, size)
        return fitted * 20 - 10 if self.settings.mask_values == "scaled" else fitted.sigmoid()


def _seen(settings: FeatureMemorySettings, early: EarlyMap | None) -> EarlyMap | None:
    """The first feature map, where the gate is to see it."""
    if not settings.gate or settings.gate_sees == "feature":
        return None
    if early is None:
        raise SettingsError(
            "model.tmam.gate_sees: early: the network has no feature map before the one that memory reads;"
            " take a later one, or gate_sees: feature."
        )
    return early


def resized(x: Tensor, size: Grid) -> Tensor:
    """(B, C, *size), bilinear; as it is where it has that size."""
    if tuple(x.shape[-2:]) == tuple(size):
        return x
    return F.interpolate(x, size, mode="bilinear", align_corners=False)
