import pytest
import torch

from segmem.train.machine import make_fabric, resolve_precision


def test_a_named_precision_is_kept():
    assert resolve_precision("32-true", "cuda") == "32-true"
    assert resolve_precision("bf16-mixed", "cpu") == "bf16-mixed"


@pytest.mark.parametrize(("fast", "expected"), [(False, "32-true"), (True, "bf16-mixed")])
def test_auto_is_bf16_where_the_processor_multiplies_it_fast(monkeypatch, fast, expected):
    monkeypatch.setattr("segmem.train.machine.fast_bfloat16", lambda _: fast)
    assert resolve_precision("auto", "cpu") == expected


def test_fabric_comes_as_the_settings_ask(settings):
    fabric = make_fabric(settings.model_copy(update={"threads": 1}))
    assert (fabric.device.type, fabric.world_size, torch.get_num_threads()) == ("cpu", 1, 1)
