import pytest
import torch

from segmem.ops.precision import CPU_CHECKS, fast_bfloat16


@pytest.mark.parametrize("instructions", [(), CPU_CHECKS[:1], CPU_CHECKS[1:]])
def test_a_cpu_is_fast_with_either_kind_of_instruction(monkeypatch, instructions):
    for check in CPU_CHECKS:
        monkeypatch.setattr(torch.cpu, check, lambda name=check: name in instructions, raising=False)
    assert fast_bfloat16("cpu") == bool(instructions)


def test_an_older_torch_without_the_checks_is_slow(monkeypatch):
    for check in CPU_CHECKS:
        monkeypatch.delattr(torch.cpu, check, raising=False)
    assert not fast_bfloat16("cpu")


def test_of_other_devices_nothing_is_known():
    assert not fast_bfloat16("mps")
