import pytest
import torch

from segmem.core.errors import UsageError
from segmem.nn.class_logits import class_logits

IMAGE = torch.zeros(2, 3, 32, 48)


def test_a_dict_a_list_and_a_tensor_say_the_same():
    logits = torch.randn(2, 4, 32, 48)
    for found in (logits, {"out": logits, "aux": None}, {"masks": logits}, [logits, None], (logits,)):
        assert torch.equal(class_logits(found, IMAGE), logits)


def test_one_channel_gets_a_background_and_keeps_its_probability():
    one = torch.randn(2, 1, 32, 48)
    both = class_logits(one, IMAGE)
    assert both.shape == (2, 2, 32, 48)
    assert torch.allclose(both.softmax(dim=1)[:, 1:], one.sigmoid(), atol=1e-6)


def test_another_size_is_brought_to_the_images():
    assert class_logits(torch.ones(2, 3, 8, 12), IMAGE).shape == (2, 3, 32, 48)


@pytest.mark.parametrize("found", [None, {}, [], torch.zeros(2, 4), torch.zeros(1, 4, 32, 48), "logits"])
def test_what_is_no_logits_is_refused(found):
    with pytest.raises(UsageError, match="needed"):
        class_logits(found, IMAGE)


def test_another_shape_is_refused():
    with pytest.raises(UsageError, match="not the whole of it"):
        class_logits(torch.zeros(2, 4, 32, 32), IMAGE)
