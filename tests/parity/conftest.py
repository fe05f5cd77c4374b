"""SAM2 twice with the same weights, the reference's and ours, and a clip to propagate through."""

import warnings

import numpy as np
import pytest
from PIL import Image

from nano import enliven
from segmem.methods.build import build
from segmem.methods.sam2 import sam2_settings
from segmem.methods.spec import ModelSpec
from segmem.ops.fit import FitSettings

SIZE, FRAMES = 128, 12
SEEN = 20.0  # bias under which objects are there


@pytest.fixture(scope="session")
def reference():
    """The package's predictor, SAM 2.1 tiny at a small size."""
    pytest.importorskip("sam2", reason="the sam2 package is a development dependency")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sam2.build_sam import build_sam2_video_predictor

        overrides = [
            f"++model.image_size={SIZE}",
            f"++model.memory_attention.layer.self_attention.feat_sizes=[{SIZE // 16},{SIZE // 16}]",
            f"++model.memory_attention.layer.cross_attention.feat_sizes=[{SIZE // 16},{SIZE // 16}]",
            "++model.add_all_frames_to_correct_as_cond=true",
        ]
        predictor = build_sam2_video_predictor(
            "configs/sam2.1/sam2.1_hiera_t.yaml", None, device="cpu", hydra_overrides_extra=overrides
        )
    enliven(predictor)
    predictor.sam_mask_decoder.pred_obj_score_head.layers[2].bias.data.fill_(SEEN)
    return predictor


@pytest.fixture(scope="session")
def twin(reference):
    """Our model with its weights."""
    spec = ModelSpec(
        method="sam2", sam2=sam2_settings("tiny"), input="any", fit=FitSettings(longest=SIZE, square=True)
    )
    model = build(spec).eval()
    model.get_submodule("network").load_state_dict(reference.state_dict(), strict=True)
    return model


@pytest.fixture(scope="session")
def shaken_clip(tmp_path_factory):
    """A folder of frames that shift over a texture."""
    folder = tmp_path_factory.mktemp("clip")
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    texture = np.asarray(Image.fromarray(noise).resize((SIZE * 2, SIZE * 2), Image.Resampling.BICUBIC))
    for index in range(FRAMES):
        frame = texture[5 * index : 5 * index + SIZE, 9 * index : 9 * index + SIZE]
        Image.fromarray(frame).save(folder / f"{index:05d}.jpg", quality=95)
    return folder
