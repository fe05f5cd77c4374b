import pytest
import torch

from nano import nano
from segmem.core.errors import SurroundingsError
from segmem.predict import compute
from segmem.predict.compute import Compute


def test_precision_is_what_was_asked_for():
    assert Compute.choose("cpu", "float32").precision == "float32"
    assert Compute.choose("cpu", "bfloat16").precision == "bfloat16"


@pytest.mark.parametrize(
    ("amx", "avx", "expected"),
    [(True, False, "bfloat16"), (False, True, "bfloat16"), (False, False, "float32")],
)
def test_auto_is_bfloat16_only_where_the_processor_has_instructions_for_it(monkeypatch, amx, avx, expected):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx, raising=False)
    assert Compute.choose("cpu").precision == expected


def test_a_torch_that_cannot_tell_gets_float32(monkeypatch):
    for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    assert Compute.choose("cpu").precision == "float32"


def test_cuda_that_is_not_there_is_an_error_and_auto_does_without(monkeypatch):
    monkeypatch.setattr(compute.torch.cuda, "is_available", lambda: False)
    with pytest.raises(SurroundingsError, match="--device cpu"):
        Compute.choose("cuda")
    assert Compute.choose("auto").device.type == "cpu"


def test_autocast_lowers_convolutions_only_where_asked():
    layer, x = torch.nn.Conv2d(1, 1, 1), torch.ones(1, 1, 2, 2)
    with torch.no_grad(), Compute.choose("cpu", "bfloat16").autocast():
        assert layer(x).dtype == torch.bfloat16
    with torch.no_grad(), Compute.choose("cpu", "float32").autocast():
        assert layer(x).dtype == torch.float32


def test_a_placed_model_is_in_eval_mode_and_channels_last():
    model = Compute.choose("cpu", "float32").place(nano().train())
    assert not model.training
    kernels = [p for p in model.parameters() if p.ndim == 4 and min(p.shape[1:]) > 1]
    assert all(p.is_contiguous(memory_format=torch.channels_last) for p in kernels)
