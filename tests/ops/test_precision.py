import pytest
import torch

from segmem.ops import precision
from segmem.ops.precision import fast_bfloat16

AMX, AVX = "_is_amx_tile_supported", "_is_avx512_bf16_supported"


@pytest.fixture
def cpu(monkeypatch, tmp_path):
    """Make this machine's CPU one of a vendor, with such instructions."""

    def make(vendor: str, *instructions: str) -> None:
        for check in (AMX, AVX):
            monkeypatch.setattr(torch.cpu, check, lambda name=check: name in instructions, raising=False)
        path = tmp_path / "cpuinfo"
        path.write_text(f"processor\t: 0\nvendor_id\t: {vendor}\nflags\t\t: fpu\n")
        monkeypatch.setattr(precision, "CPUINFO", path)

    return make


@pytest.mark.parametrize(
    ("vendor", "instructions", "fast"),
    [
        ("GenuineIntel", (AMX, AVX), True),
        ("GenuineIntel", (AVX,), False),
        ("GenuineIntel", (), False),
        ("AuthenticAMD", (AVX,), True),
        ("AuthenticAMD", (), False),
    ],
)
def test_a_cpu_is_fast_with_amx_or_as_amd_s_with_avx512(cpu, vendor, instructions, fast):
    cpu(vendor, *instructions)
    assert fast_bfloat16("cpu") == fast


def test_elsewhere_than_on_linux_the_platform_names_the_vendor(cpu, monkeypatch, tmp_path):
    cpu("GenuineIntel", AVX)
    monkeypatch.setattr(precision, "CPUINFO", tmp_path / "none")
    monkeypatch.setattr("platform.processor", lambda: "AMD64 Family 26 Model 2 Stepping 1, AuthenticAMD")
    assert fast_bfloat16("cpu")


def test_an_older_torch_without_the_checks_is_slow(cpu, monkeypatch):
    cpu("AuthenticAMD", AMX, AVX)
    for check in (AMX, AVX):
        monkeypatch.delattr(torch.cpu, check, raising=False)
    assert not fast_bfloat16("cpu")


def test_of_other_devices_nothing_is_known():
    assert not fast_bfloat16("mps")
