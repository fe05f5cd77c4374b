"""Changes of colour, sharpness and noise that a camera or scanner could have made."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.core import Settings
from segmem.ops.chance import happens, log_uniform, noise, uniform

LUMA = (0.299, 0.587, 0.114)
BLOCK = 8  # side of a JPEG block


class PhotometricSettings(Settings):
    """How a clip's look changes. All frames of a clip change alike; noise is drawn for each."""

    brightness: float = 0.2
    """Largest shift, of a range of 1."""
    contrast: float = 0.3
    """Largest relative change."""
    gamma: float = 0.3
    """Largest logarithm of the exponent."""
    saturation: float = 0.4
    """Largest relative change."""
    hue: float = 0.05
    """Largest rotation, in turns."""
    channel: float = 0.1
    """Largest relative change of one colour channel alone."""
    noise: float = 0.3
    """Share of clips with noise."""
    noise_size: float = 0.04
    """Its largest deviation, of a range of 1."""
    blur: float = 0.15
    """Share of clips that are slightly out of focus."""
    blocks: float = 0.1
    """Share of clips with the blocks of strong compression."""


def change_look(frames: Tensor, settings: PhotometricSettings, random: torch.Generator) -> Tensor:
    """(T, 3, H, W) in 0..1 to the same."""
    matrix, shift = _colour(settings, random)
    out = torch.einsum("dc,tchw->tdhw", matrix, frames) + shift
    out = out.clamp_(0, 1)
    if settings.gamma:
        out = out.pow_(math.exp(uniform(-settings.gamma, settings.gamma, random)))
    if happens(settings.blur, random):
        out = blur(out, uniform(0.4, 1.4, random))
    if happens(settings.blocks, random):
        out = compress(out, log_uniform(0.04, 0.25, random))
    if happens(settings.noise, random):
        out = out + noise(tuple(out.shape), random) * uniform(0, settings.noise_size, random)
    return out.clamp_(0, 1)


def _colour(settings: PhotometricSettings, random: torch.Generator) -> tuple[Tensor, float]:
    """(3, 3) matrix and a shift that do brightness, contrast, saturation and hue at once."""
    contrast = 1 + uniform(-settings.contrast, settings.contrast, random)
    saturation = 1 + uniform(-settings.saturation, settings.saturation, random)
    turn = 2 * math.pi * uniform(-settings.hue, settings.hue, random)
    scale = [1 + uniform(-settings.channel, settings.channel, random) for _ in range(3)]
    grey = torch.tensor(LUMA).expand(3, 3)
    saturate = saturation * torch.eye(3) + (1 - saturation) * grey
    matrix = contrast * torch.diag(torch.tensor(scale)) @ saturate @ _hue(turn)
    shift = 0.5 * (1 - contrast) + uniform(-settings.brightness, settings.brightness, random)
    return matrix, shift


def _hue(turn: float) -> Tensor:
    """Rotation of colours about the grey axis (Rodrigues)."""
    third, root = (1 - math.cos(turn)) / 3, math.sin(turn) / math.sqrt(3)
    a, b, c = math.cos(turn) + third, third - root, third + root
    return torch.tensor([[a, b, c], [c, a, b], [b, c, a]])


def blur(frames: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (T, C, H, W); `sigma` in pixels."""
    radius = max(1, min(math.ceil(2.5 * sigma), min(frames.shape[-2:]) - 1))
    x = torch.arange(-radius, radius + 1, dtype=frames.dtype)
    kernel = torch.exp(-(x**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    for axis, sides in ((-1, (radius, radius, 0, 0)), (-2, (0, 0, radius, radius))):
        padded = F.pad(frames, sides, mode="reflect")
        length = frames.shape[axis]
        out = padded.narrow(axis, 0, length) * kernel[0]
        for place in range(1, len(kernel)):  # a fifteenth of the time of a convolution of one channel
            out.add_(padded.narrow(axis, place, length), alpha=float(kernel[place]))
        frames = out
    return frames


def compress(frames: Tensor, step: float) -> Tensor:
    """Round the cosine coefficients of 8 x 8 blocks to steps that grow with frequency, as JPEG does."""
    height, width = frames.shape[-2] // BLOCK * BLOCK, frames.shape[-1] // BLOCK * BLOCK
    k = torch.arange(BLOCK, dtype=frames.dtype)
    cosine = torch.cos(math.pi / BLOCK * (k[None] + 0.5) * k[:, None]) * math.sqrt(2 / BLOCK)
    cosine[0] /= math.sqrt(2)
    steps = step * (1 + k[:, None] + k[None]) / 2
    blocks = frames[..., :height, :width].unfold(-2, BLOCK, BLOCK).unfold(-2, BLOCK, BLOCK)  # ... y x 8 8
    rounded = torch.round(cosine @ blocks @ cosine.T / steps) * steps
    back = (cosine.T @ rounded @ cosine).transpose(-3, -2).reshape(*frames.shape[:-2], height, width)
    out = frames.clone()
    out[..., :height, :width] = back
    return out
