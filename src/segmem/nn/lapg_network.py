"""Slices to classes with prompts that the network makes by itself; each part is callable alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Features
from segmem.nn.class_decoder import ClassDecoder, ClassMap
from segmem.nn.lapg_settings import LapgNetworkSettings
from segmem.nn.lora import is_low_rank
from segmem.nn.prompt_encoder import FourierPlaces
from segmem.nn.prompt_generator import PromptGenerator, Proposal, as_released
from segmem.nn.released_generator import ReleasedGenerator
from segmem.nn.slice_attention import SliceAttention, with_neighbours
from segmem.nn.volume_pyramid import make_pyramid


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is known of B slices before memory is asked, with K classes, background among them.

    Attributes:
        top: (B, C, h, w) what memory reads and writes.
        fine: fine levels, coarse to fine, as the mask decoder takes them.
        own: (B, 2 K, C) the classes' tokens, prompted.
        dense: (B, C, h, w) what is added to the features before masks are decoded.
        coarse: (B, L, K, H/4, W/4) logits after each layer of the prompt generator.
        presence: (B, K - 1) logits.
    """

    top: Tensor
    fine: tuple[Tensor, ...]
    own: Tensor
    dense: Tensor
    coarse: Tensor
    presence: Tensor

    def packed(self) -> Features:
        """As features, which `step` takes."""
        return Features(self.top, (*self.fine, self.own, self.dense, self.coarse, self.presence))

    @classmethod
    def unpacked(cls, features: Features) -> Self:
        """What `packed` made."""
        *fine, own, dense, coarse, presence = features.skips
        return cls(features.top, tuple(fine), own, dense, coarse, presence)


class LapgNetwork(nn.Module):
    """Image encoder, neighbouring slices, prompt generator and mask decoder (LAPG, section 3.1 of its notes).

    One gate, zero at first, stands between the generator and the decoder, which so begins as one without prompts;
    with `decoder.prior` another, zero too, between the coarse masks and the decoder's.

    Args:
        settings: of the parts.
        classes: K, background among them.
    """

    def __init__(self, settings: LapgNetworkSettings, classes: int) -> None:
        super().__init__()
        width, context = settings.width, settings.context
        self.settings, self.classes = settings, classes
        self.encoder = make_pyramid(settings.encoder, width)
        self.context = SliceAttention(width, context.reach, context.heads) if context.attention else None
        self.places = FourierPlaces(width)
        self.generator: PromptGenerator | ReleasedGenerator
        if settings.generator.form == "segmem":
            self.generator = PromptGenerator(settings.generator, classes, width, self.encoder.stride)
        else:
            self.generator = ReleasedGenerator(width, head=max(1, width // 4))
        self.gate = nn.Parameter(torch.zeros(width))
        self.decoder = ClassDecoder(settings.decoder, classes, width, self.encoder.channels)
        self.prior = nn.Parameter(torch.zeros(())) if settings.decoder.prior else None

    @property
    def halo(self) -> int:
        """How many slices to either side an answer depends on."""
        context = self.settings.context
        return (context.reach if context.attention else 0) + (1 if context.adjacent else 0)

    def encode(self, frames: Tensor, slices: int = 1) -> Prepared:
        """What there is to know of (B T, 3, H, W): B scans, `slices` = T slices of each, one after another.

        A slice sees neighbours of its own scan only; the first and the last see nothing beyond.
        """
        if self.settings.context.adjacent:
            frames = with_neighbours(frames, slices)
        top, fine = self.encoder(frames.contiguous(memory_format=torch.channels_last))
        if self.context is not None:
            top = self.context(top, slices)
        said = self.propose(top)
        gate = self.gate.to(top.dtype)
        weight = gate[:, None, None]
        no_mask = self.decoder.no_mask.to(top.dtype)[:, None, None]
        return Prepared(
            top=top + weight * (said.top - top),
            fine=self.decoder.refine(fine),
            own=self.decoder.begin(said.tokens, gate),
            dense=no_mask + weight * said.dense,
            coarse=said.coarse,
            presence=said.presence,
        )

    def propose(self, top: Tensor) -> Proposal:
        """The generator's word on features (B, C, h, w)."""
        if isinstance(self.generator, PromptGenerator):
            out: Proposal = self.generator(top, self._places(top))
            return out
        own = rearrange(self.decoder.own, "k r c -> 1 (k r) c").expand(len(top), -1, -1).to(top.dtype)
        said = self.generator(top, own)
        return as_released(top, said.top, said.token, self.classes)

    def decode(self, prepared: Prepared, top: Tensor) -> ClassMap:
        """The classes, from what was prepared and its features (B, C, h, w) after memory."""
        out: ClassMap = self.decoder(top + prepared.dense, self._places(top), prepared.own, prepared.fine)
        if self.prior is None:
            return out
        size = (out.logits.shape[-2], out.logits.shape[-1])
        coarse = F.interpolate(prepared.coarse[:, -1], size, mode="bilinear", align_corners=False)
        return replace(out, logits=out.logits + self.prior * coarse)

    def _places(self, top: Tensor) -> Tensor:
        grid = (top.shape[-2], top.shape[-1])
        return rearrange(self.places.grid(grid), "h w c -> 1 (h w) c").to(top)

    def learning_parameters(self) -> Iterator[nn.Parameter]:
        """Those that the settings let learn: of the encoder all, none, or its narrow matrices."""
        tuning = self.settings.encoder.tuning
        for name, parameter in self.named_parameters():
            inside = name.startswith("encoder.")
            if not inside or tuning == "full" or (tuning == "lora" and is_low_rank(name)):
                yield parameter
