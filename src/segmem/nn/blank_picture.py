"""Whether a picture shows anything: a camera or a light that is off needs no network to be told."""

import torch
from torch import Tensor

BLANK = 0.02  # contrast up to which a picture shows nothing, about one grey level; at twice that it shows something
A_FEW = (
    0.02  # of the cells, which may differ in a picture that shows nothing: a clock, an edge half of padding
)


def shows_nothing(picture: Tensor) -> Tensor:
    """(B, 1, 1, 1) in 0..1, how surely all but a few cells of pictures (B, 1, h, w) are alike; 0s are padding."""
    cells = picture.flatten(1)
    away = (cells - cells.median(dim=1, keepdim=True).values).abs()
    contrast = torch.where(cells == 0, 0.0, away).quantile(1 - A_FEW, dim=1)
    return (2 - contrast / BLANK).clamp(0, 1)[:, None, None, None]
