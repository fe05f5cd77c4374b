"""Weights that are made from their names, as golden values were made with them."""

import math
import zlib

import numpy as np
import torch
from torch import nn


def by_name(module: nn.Module, prefix: str) -> nn.Module:
    """The module with the weights that golden values were made with."""
    for name, parameter in module.named_parameters():
        full, shape = f"{prefix}{name}", tuple(parameter.shape)
        random = np.random.Generator(np.random.Philox(zlib.crc32(full.encode())))
        z = random.standard_normal(shape).astype(np.float32)
        if len(shape) > 1:
            z = z * np.float32(1 / math.sqrt(math.prod(shape[1:])))
        else:
            z = np.float32(0.02) * z + np.float32(full.endswith(".weight"))
        parameter.data = torch.from_numpy(z)
    return module.eval()
