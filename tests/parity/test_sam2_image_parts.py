"""Image encoder, prompt encoder and mask decoder against two independent implementations, weights shared."""

import pytest
import torch
from torch import Tensor, nn

from segmem.nn.hiera import HIERA_SIZES, HieraSettings
from segmem.nn.image_encoder import ImageEncoder
from segmem.nn.mask_decoder import MaskDecoder, MaskDecoderSettings, choose
from segmem.nn.prompt_encoder import PromptEncoder
from segmem.nn.upstream import from_official

pytestmark = pytest.mark.filterwarnings("ignore")

CLOSE = 1e-4
SIZES = ("tiny", "small", "base-plus", "large")
WEIGHTS = 1.3
"""How much wider than 1 / sqrt(fan in) weights are spread, so that nothing fades on the way."""


def randomised(module: nn.Module) -> nn.Module:
    """Weights under which features keep their size and masks have an inside and an outside."""
    generator = torch.Generator().manual_seed(0)
    for name, parameter in module.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        norm = parameter.ndim == 1 and parameter.mean() == 1
        fan_in = parameter[0].numel() if parameter.ndim > 1 and "embed" not in name else 1
        parameter.data = 1 + 0.1 * noise if norm else noise * (WEIGHTS * fan_in**-0.5 if fan_in > 1 else 0.3)
    for buffer in module.buffers():  # the prompt encoder's frequencies, drawn when it is made
        if buffer.is_floating_point():
            buffer.data = torch.randn(buffer.shape, generator=generator)
    return module.eval()


def hugging(prefix: str, module: nn.Module, theirs: str) -> dict[str, Tensor]:
    """Our part's weights under Hugging Face's names, relative to its part `theirs`."""
    state = from_official(
        {f"{prefix}.{name}": value for name, value in module.state_dict().items()}, "sam2-hf"
    )
    return {name.removeprefix(f"{theirs}."): v for name, v in state.items() if name.startswith(theirs)}


def sam2_encoder(settings: HieraSettings) -> nn.Module:
    pytest.importorskip("sam2", reason="the sam2 package is a development dependency")
    from sam2.modeling.backbones.hieradet import Hiera
    from sam2.modeling.backbones.image_encoder import FpnNeck
    from sam2.modeling.backbones.image_encoder import ImageEncoder as Encoder
    from sam2.modeling.position_encoding import PositionEmbeddingSine

    trunk = Hiera(
        embed_dim=settings.embed_dim,
        num_heads=settings.heads,
        stages=settings.stages,
        global_att_blocks=settings.global_blocks,
        window_pos_embed_bkg_spatial_size=settings.position_size,
        window_spec=settings.windows,
    )
    neck = FpnNeck(
        PositionEmbeddingSine(256),
        256,
        list(reversed(settings.channels)),
        fpn_top_down_levels=[2, 3],
        fpn_interp_model="nearest",
    )
    return Encoder(trunk, neck, scalp=1).eval()


def hugging_encoder(settings: HieraSettings) -> nn.Module:
    from transformers import Sam2VisionConfig
    from transformers.models.sam2.configuration_sam2 import Sam2HieraDetConfig
    from transformers.models.sam2.modeling_sam2 import Sam2VisionModel

    backbone = Sam2HieraDetConfig(
        hidden_size=settings.embed_dim,
        num_attention_heads=settings.heads,
        blocks_per_stage=list(settings.stages),
        embed_dim_per_stage=list(settings.channels),
        num_attention_heads_per_stage=[settings.heads * 2**i for i in range(4)],
        window_size_per_stage=list(settings.windows),
        window_positional_embedding_background_size=list(settings.position_size),
        global_attention_blocks=list(settings.global_blocks),
    )
    config = Sam2VisionConfig(
        backbone_config=backbone, backbone_channel_list=list(reversed(settings.channels))
    )
    return Sam2VisionModel(config).eval()


def furthest(ours: tuple[Tensor, ...], theirs: tuple[Tensor, ...]) -> float:
    """The largest absolute difference; fails where what is compared is next to nothing."""
    assert all(their.std() > 100 * CLOSE for their in theirs)
    return max(float((a - b).abs().max()) for a, b in zip(ours, theirs, strict=True))


@torch.no_grad()
@pytest.mark.parametrize("name", SIZES)
def test_image_encoder_agrees_with_sam2(name):
    theirs = sam2_encoder(HIERA_SIZES[name])
    ours = randomised(ImageEncoder(HIERA_SIZES[name]))
    theirs.load_state_dict(ours.state_dict(), strict=True)

    for size in ((256, 256), (192, 320)):
        image = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(1))
        assert furthest(ours(image), tuple(theirs(image)["backbone_fpn"])) < CLOSE


@torch.no_grad()
@pytest.mark.parametrize("name", SIZES)
def test_image_encoder_agrees_with_transformers(name):
    pytest.importorskip("transformers")
    theirs = hugging_encoder(HIERA_SIZES[name])
    ours = randomised(ImageEncoder(HIERA_SIZES[name]))
    theirs.load_state_dict(hugging("image_encoder", ours, "vision_encoder"), strict=True)

    for size in ((256, 256), (192, 320)):
        image = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(1))
        assert furthest(ours(image), tuple(theirs(image).fpn_hidden_states)) < CLOSE


@pytest.fixture(scope="module")
def prompts():
    return randomised(PromptEncoder())


@pytest.fixture(scope="module", params=["stable", "unstable"])
def decoder(request):
    """One whose single mask is sure of itself, one whose single mask gives way to the best of the others."""
    decoder = randomised(MaskDecoder(MaskDecoderSettings()))
    if request.param == "unstable":
        decoder.output_hypernetworks_mlps[0].layers[-1].weight.data *= 0.01
        decoder.output_hypernetworks_mlps[0].layers[-1].bias.data *= 0.01
    return decoder


def clicks() -> tuple[Tensor, Tensor]:
    """Two rows of points: clicks inside and outside, and a box."""
    coords = torch.tensor(
        [[[30.0, 40.5], [200.0, 8.0], [0.0, 0.0]], [[5.0, 6.0], [310.0, 150.0], [0.0, 0.0]]]
    )
    return coords, torch.tensor([[1, 0, -1], [2, 3, -1]])


@torch.no_grad()
@pytest.mark.parametrize("grid", [(16, 16), (12, 20)])
def test_prompt_encoder_agrees_with_sam2(prompts, grid):
    pytest.importorskip("sam2", reason="the sam2 package is a development dependency")
    from sam2.modeling.sam.prompt_encoder import PromptEncoder as Theirs

    size = (grid[0] * 16, grid[1] * 16)
    theirs = Theirs(256, grid, size, mask_in_chans=16).eval()
    theirs.load_state_dict(prompts.state_dict(), strict=True)
    coords, labels = clicks()
    mask = torch.randn(2, 1, 4 * grid[0], 4 * grid[1]) * 5

    sparse, dense = theirs((coords[:, :2], labels[:, :2]), None, mask)  # adds the padding point itself

    assert furthest((prompts.points(coords, labels, size), prompts.mask(mask)), (sparse, dense)) < CLOSE
    assert furthest((prompts.positions(grid),), (theirs.get_dense_pe(),)) < CLOSE
    assert torch.equal(prompts.no_mask(grid), theirs((coords, labels), None, None)[1][:1])


@torch.no_grad()
def test_prompt_encoder_agrees_with_transformers(prompts):
    pytest.importorskip("transformers")
    from transformers.models.sam2_video.configuration_sam2_video import Sam2VideoPromptEncoderConfig
    from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoPromptEncoder

    theirs = Sam2VideoPromptEncoder(Sam2VideoPromptEncoderConfig(image_size=256)).eval()
    theirs.load_state_dict(hugging("sam_prompt_encoder", prompts, "prompt_encoder"), strict=True)
    coords, labels = clicks()
    mask = torch.randn(1, 1, 64, 64) * 5

    sparse, dense = theirs(coords[None, :, :2], labels[None, :, :2], None, mask)

    assert furthest((prompts.points(coords, labels, (256, 256)),), (sparse[0],)) < CLOSE
    assert furthest((prompts.mask(mask),), (dense,)) < CLOSE


@pytest.fixture(scope="module", params=[(16, 16), (12, 20)])
def scene(request, prompts, decoder):
    """What the decoder reads: two images with two objects each."""
    generator = torch.Generator().manual_seed(2)
    h, w = request.param
    coords, labels = (part.repeat(2, *[1] * (part.ndim - 1)) for part in clicks())
    levels = [torch.randn(2, 256, s * h, s * w, generator=generator) for s in (4, 2)]
    with torch.no_grad():
        return {
            "top": torch.randn(4, 256, h, w, generator=generator),
            "positions": prompts.positions((h, w)),
            "sparse": prompts.points(coords, labels, (16 * h, 16 * w)),
            "dense": prompts.no_mask((h, w)),
            "skips": decoder.refine_skips(*levels),
        }


@torch.no_grad()
@pytest.mark.parametrize("multimask", [True, False])
def test_mask_decoder_agrees_with_sam2(decoder, scene, multimask):
    pytest.importorskip("sam2", reason="the sam2 package is a development dependency")
    from sam2.modeling.sam.mask_decoder import MaskDecoder as Theirs
    from sam2.modeling.sam.transformer import TwoWayTransformer

    theirs = Theirs(
        transformer_dim=256,
        transformer=TwoWayTransformer(depth=2, embedding_dim=256, num_heads=8, mlp_dim=2048),
        use_high_res_features=True,
        iou_prediction_use_sigmoid=True,
        dynamic_multimask_via_stability=True,
        pred_obj_scores=True,
        pred_obj_scores_mlp=True,
        use_multimask_token_for_obj_ptr=True,
    ).eval()
    theirs.load_state_dict(decoder.state_dict(), strict=True)

    masks, quality, tokens, presence = theirs(
        scene["top"],
        scene["positions"],
        scene["sparse"],
        scene["dense"],
        multimask_output=multimask,
        repeat_image=False,
        high_res_features=[skip.repeat_interleave(2, dim=0) for skip in scene["skips"]],
    )

    decoded = decoder(**scene)
    assert furthest((decoded.presence,), (presence[:, 0],)) < CLOSE
    if multimask:
        assert furthest((decoded.logits[:, 1:], decoded.tokens[:, 1:]), (masks, tokens)) < CLOSE
    chosen = choose(decoded, multimask)
    rows, best = torch.arange(4), quality.argmax(dim=1)
    expected = (masks[rows, best][:, None], quality[rows, best], tokens[rows, best])
    assert furthest((chosen.logits,), expected[:1]) < CLOSE
    assert (chosen.quality - expected[1]).abs().max() < CLOSE
    assert furthest((chosen.token,), expected[2:]) < CLOSE


@torch.no_grad()
@pytest.mark.parametrize("multimask", [True, False])
def test_mask_decoder_agrees_with_transformers(decoder, scene, multimask):
    pytest.importorskip("transformers")
    from transformers.models.sam2_video.configuration_sam2_video import Sam2VideoMaskDecoderConfig
    from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoMaskDecoder

    theirs = Sam2VideoMaskDecoder(Sam2VideoMaskDecoderConfig()).eval()
    theirs.load_state_dict(hugging("sam_mask_decoder", decoder, "mask_decoder"), strict=True)

    masks, quality, tokens, presence = theirs(
        scene["top"],
        scene["positions"].expand(4, -1, -1, -1),
        scene["sparse"][:, None],
        scene["dense"],
        multimask_output=multimask,
        high_resolution_features=[skip.repeat_interleave(2, dim=0) for skip in scene["skips"]],
    )

    chosen, decoded = choose(decoder(**scene), multimask), decoder(**scene)
    rows, best = torch.arange(4), quality[:, 0].argmax(dim=1)
    assert furthest((decoded.presence,), (presence[:, 0, 0],)) < CLOSE
    assert furthest((chosen.logits,), (masks[rows, 0, best][:, None],)) < CLOSE
    assert (chosen.quality - quality[rows, 0, best]).abs().max() < CLOSE
    assert furthest((chosen.token,), (tokens[rows, 0, best],)) < CLOSE
