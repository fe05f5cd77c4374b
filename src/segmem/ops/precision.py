"""Whether this machine multiplies bfloat16 fast."""

import platform
from pathlib import Path

import torch

CPUINFO = Path("/proc/cpuinfo")  # Linux
AMD = "AuthenticAMD"


def fast_bfloat16(device: str) -> bool:
    """True where bfloat16 is faster than float32: recent GPUs, CPUs with AMX, AMD's with AVX-512 BF16.

    Intel's cores multiply AVX-512 BF16 at half the pace of AMD's: without AMX (a virtual machine may hide it) one of
    them took 1.9 times as long for a matrix product as in float32, and 1.2 to 1.3 times for whole models.

    Args:
        device: cpu or cuda; of any other kind nothing is known, so False.
    """
    if device == "cuda":
        return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    if device != "cpu":
        return False
    return _has("_is_amx_tile_supported") or (_has("_is_avx512_bf16_supported") and AMD in _vendor())


def _has(check: str) -> bool:
    return bool(getattr(torch.cpu, check, bool)())


def _vendor() -> str:
    """Of this machine's CPU, among other words."""
    if not CPUINFO.exists():
        return platform.processor()
    with CPUINFO.open(encoding="utf-8") as file:
        return next((line for line in file if line.startswith("vendor_id")), "")
