import pytest
import torch

from segmem.core.errors import FormatError, WeightsError
from segmem.nn.litemedsam import FIT, INTENSITY, LiteMedSam, published
from segmem.ops.fit import plan
from segmem.ops.prepare import prepare


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return LiteMedSam().eval()


def test_an_image_is_resized_then_scaled_then_padded():
    frame = torch.randint(30, 90, (1, 1, 60, 120), dtype=torch.uint8)
    fit = plan((60, 120), FIT)
    out = prepare(frame, fit, (0.0, 255.0), INTENSITY)
    assert out.shape == (1, 3, 256, 256)
    assert (out[..., :128, :].min(), out[..., :128, :].max()) == (0, 1)
    assert not out[..., 128:, :].any()
    assert torch.equal(out[:, 0], out[:, 2])


def test_each_image_has_its_own_range_and_an_even_one_is_black():
    frames = torch.stack([torch.full((3, 8, 8), 7.0), torch.linspace(-5, 5, 192).reshape(3, 8, 8)])
    out = prepare(frames, plan((8, 8), FIT), (-5.0, 7.0), INTENSITY)
    assert out[0].abs().max() == 0
    assert (out[1].min(), out[1].max()) == (0, 1)


@pytest.mark.parametrize("grid", [(8, 8), (6, 10)])
@torch.no_grad()
def test_masks_are_as_large_as_the_input(network, grid):
    features = network.encode(torch.rand(1, 3, 4 * grid[0], 4 * grid[1]))
    assert features.top.shape == (1, 256, *grid)
    box = torch.tensor([[[4.0, 4, 2], [20, 20, 3]]])
    out = network.decode(features.top, points=box)
    assert out.logits.shape == (1, 1, 4 * grid[0], 4 * grid[1])
    assert (out.presence > 0).all()


@torch.no_grad()
def test_a_padding_point_follows_points_but_no_box(network):
    top = torch.randn(1, 256, 4, 4)
    point, box = torch.tensor([[[3.0, 3, 1]]]), torch.tensor([[[1.0, 1, 2], [9, 9, 3]]])
    assert network._said(top, point).shape[1] == 2
    assert network._said(top, box).shape[1] == 2
    assert network._said(top, torch.cat([point, box], 1)).shape[1] == 3
    assert network._said(top, None).shape == (1, 0, 256)


@torch.no_grad()
def test_an_earlier_answer_changes_the_next(network):
    top = torch.randn(1, 256, 4, 4)
    first = network.decode(top)
    second = network.decode(top, mask=first.logits)
    assert second.logits.shape == first.logits.shape
    assert not torch.equal(first.logits, second.logits)


def test_other_weights_are_refused_by_name(network, tmp_path):
    state = network.state_dict()
    state.pop("mask_decoder.iou_token.weight")
    torch.save(state | {"head.weight": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match=r"1 missing \(mask_decoder.iou_token.weight\); 1 unexpected"):
        published(tmp_path / "other.pth")


def test_a_page_named_as_weights_is_refused(tmp_path):
    (tmp_path / "x.pth").write_text("<!doctype html>")
    with pytest.raises(FormatError):
        published(tmp_path / "x.pth")


def test_what_differs_from_the_published_weights_is_known_by_name():
    network = LiteMedSam()
    assert network.changed() == {}, "it began from none"
    network.published = dict.fromkeys(network.state_dict(), 0)
    assert "mask_decoder.iou_token.weight" in network.changed()


@torch.no_grad()
def test_masks_read_apart_leave_boxes_and_points_as_published():
    torch.manual_seed(0)
    network = LiteMedSam().eval()
    top, mask = torch.randn(1, 256, 4, 4), torch.randn(1, 1, 16, 16)
    box = torch.tensor([[[1.0, 1, 2], [9, 9, 3]]])
    boxed, rough = network.decode(top, box).logits, network.decode(top, box, mask).logits
    network.read_masks_apart()
    assert torch.equal(network.decode(top, box, mask).logits, rough)  # begins as it was
    for parameter in network.mask_reader.parameters():
        parameter.mul_(1.1)
    assert torch.equal(network.decode(top, box).logits, boxed)
    assert not torch.equal(network.decode(top, box, mask).logits, rough)


def test_a_reader_apart_is_told_from_published_weights_once_it_has_learnt():
    network = LiteMedSam()
    network.published = {"mask_decoder.iou_token.weight": 0}
    network.read_masks_apart()
    assert {name for name in network.changed() if name.startswith("mask_reader.")} == set()
    with torch.no_grad():
        network.mask_reader.mask_decoder.iou_token.weight.add_(1)
    found = {name for name in network.changed() if name.startswith("mask_reader.")}
    assert found == {"mask_reader.mask_decoder.iou_token.weight"}
