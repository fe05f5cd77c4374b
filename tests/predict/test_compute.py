import pytest
import torch

from nano import nano
from segmem.core.errors import SurroundingsError
from segmem.predict import compute
from segmem.predict.compute import Compute


def test_precision_is_what_was_asked_for():
    assert Compute.choose("cpu", "float32").precision == "float32"
    assert Compute.choose("cpu", "bfloat16").precision == "bfloat16"


@pytest.mark.parametrize(("fast", "expected"), [(True, "bfloat16"), (False, "float32")])
def test_auto_is_bfloat16_only_where_the_processor_multiplies_it_fast(monkeypatch, fast, expected):
    monkeypatch.setattr(compute, "fast_bfloat16", lambda _: fast)
    assert Compute.choose("cpu").precision == expected
    assert Compute.on(torch.device("cpu")).precision == expected


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
