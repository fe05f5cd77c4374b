"""Whether this machine multiplies bfloat16 fast."""

import torch

CPU_CHECKS = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")


def fast_bfloat16(device: str) -> bool:
    """True where bfloat16 is faster than float32: recent GPUs, CPUs with AMX or AVX-512 BF16.

    Args:
        device: cpu or cuda; of any other kind nothing is known, so False.
    """
    if device == "cuda":
        return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    return device == "cpu" and any(getattr(torch.cpu, check, bool)() for check in CPU_CHECKS)
