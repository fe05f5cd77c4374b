import pytest
import torch
from torch import nn

from segmem.continual.kept import Kept, learnt
from segmem.core.errors import FormatError, InputError


def test_what_was_kept_after_a_task_is_found_again(tmp_path):
    kept = Kept(tmp_path / "kept")
    kept.write(3, {"a": torch.arange(4.0)})
    kept.write_list(3, {"task": [["case", 0.5]]})
    assert kept.read(3)["a"].tolist() == [0, 1, 2, 3]
    assert kept.read_list(3) == {"task": [["case", 0.5]]}


def test_what_is_missing_or_damaged_is_said(tmp_path):
    kept = Kept(tmp_path)
    for read in (kept.read, kept.read_list):
        with pytest.raises(InputError, match="is missing"):
            read(0)
    (tmp_path / "after-00.json").write_text("{")
    with pytest.raises(FormatError, match="damaged"):
        kept.read_list(0)


def test_what_learns_is_what_needs_a_gradient():
    layer = nn.Linear(2, 2)
    layer.bias.requires_grad_(False)
    assert learnt(layer).keys() == {"weight"}
    assert not learnt(layer)["weight"].requires_grad
