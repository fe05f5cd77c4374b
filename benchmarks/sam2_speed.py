"""Seconds a frame of SAM 2.1 tiny following prompted objects: ours, the `sam2` package, `transformers`. CPU.

    python benchmarks/sam2_speed.py [--size 512] [--objects 1 4] [--frames 12] [--threads 1] [--out speed.json]
    python benchmarks/sam2_speed.py --auto                     # one lane more: ours in --precision auto

One set of random weights, float32, one clip of noise. The three take turns at every frame, so that a busy machine
slows all of them; the median over the frames after the memory is full (frame 7) is compared. A frame is the image
encoder, memory attention, mask decoder and memory encoder of every object, and masks at the clip's size.
"""

import argparse
import json
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from segmem.core import PromptBatch
from segmem.methods.build import build
from segmem.methods.sam2 import sam2_settings
from segmem.methods.spec import ModelSpec
from segmem.nn.upstream import from_official
from segmem.ops.fit import FitSettings, plan, unfit
from segmem.predict.compute import Compute
from segmem.predict.request import Precision
from segmem.prompted import PromptedSegmenter
from segmem.state import State

FULL = 7  # frames until the memory is full
Masks = Iterator[Tensor]


def boxes(size: int, objects: int) -> list[list[float]]:
    """One box for each object."""
    return [[size * (0.1 + 0.1 * k), size * 0.1, size * (0.4 + 0.1 * k), size * 0.6] for k in range(objects)]


def ours(model: PromptedSegmenter, images: Tensor, objects: int, precision: Precision = "float32") -> Masks:
    """Logits (K, H, W) of each frame."""
    compute = Compute.choose("cpu", precision)
    size = images.shape[-1]
    fit = plan((size, size), FitSettings(longest=size, square=True))
    state = State.start(len(images))
    for index, image in enumerate(images):
        said = None
        if index == 0:
            said = PromptBatch(tuple(range(1, objects + 1)), boxes=torch.tensor([boxes(size, objects)]))
        with compute.autocast():
            prediction, state = model.step(image[None], state, said)
        yield unfit(prediction.logits[:, 1:], fit)[0]


def packaged(predictor: object, folder: Path, size: int, objects: int) -> Masks:
    """The same of the sam2 package."""
    state = predictor.init_state(video_path=str(folder))  # type: ignore[attr-defined]
    for one, box in enumerate(boxes(size, objects), start=1):
        predictor.add_new_points_or_box(  # type: ignore[attr-defined]
            state, frame_idx=0, obj_id=one, box=np.array(box, dtype=np.float32)
        )
    for _, _, logits in predictor.propagate_in_video(state):  # type: ignore[attr-defined]
        yield logits[:, 0]


def hugging_face(model: object, images: Tensor, objects: int) -> Masks:
    """The same of transformers."""
    from transformers import Sam2VideoInferenceSession

    size = images.shape[-1]
    session = Sam2VideoInferenceSession(
        video=images, video_height=size, video_width=size, inference_device="cpu", dtype=torch.float32
    )
    corners = torch.tensor(boxes(size, objects)).view(objects, 1, 1, 2, 2)
    for one in range(1, objects + 1):
        place = session.obj_id_to_idx(one)
        said = {"point_coords": corners[one - 1], "point_labels": torch.tensor([[[2, 3]]])}
        session.add_point_inputs(place, 0, said)
    session.obj_with_new_inputs = list(range(1, objects + 1))
    for index in range(len(images)):
        out = model(inference_session=session, frame_idx=index)  # type: ignore[operator]
        masks = torch.nn.functional.interpolate(out.pred_masks.float(), (size, size), mode="bilinear")
        yield masks[:, 0]


def networks(size: int) -> tuple[PromptedSegmenter, object, object]:
    """Ours, the package's and transformers', with the same weights."""
    from sam2.build_sam import build_sam2_video_predictor
    from transformers import Sam2VideoConfig, Sam2VideoModel

    grid = [size // 16] * 2
    overrides = [
        f"++model.image_size={size}",
        f"++model.memory_attention.layer.self_attention.feat_sizes={grid}",
        f"++model.memory_attention.layer.cross_attention.feat_sizes={grid}",
    ]
    theirs = build_sam2_video_predictor(
        "configs/sam2.1/sam2.1_hiera_t.yaml", None, device="cpu", hydra_overrides_extra=overrides
    )
    spec = ModelSpec(method="sam2", sam2=sam2_settings("tiny"), input="any")
    mine = build(spec).eval().requires_grad_(False)
    assert isinstance(mine, PromptedSegmenter)
    state = theirs.state_dict()
    state["sam_mask_decoder.pred_obj_score_head.layers.2.bias"] = torch.tensor([20.0])
    theirs.load_state_dict(state)
    mine.get_submodule("network").load_state_dict(state)
    config = Sam2VideoConfig(image_size=size, memory_attention_rope_feat_sizes=grid)
    config.vision_config.image_size = config.prompt_encoder_config.image_size = size
    config.vision_config.backbone_feature_sizes = [[size // s] * 2 for s in (4, 8, 16)]
    config.vision_config.backbone_config.image_size = [size, size]
    face = Sam2VideoModel(config).eval()
    face.load_state_dict(from_official(state, "sam2-hf"), strict=False)
    return mine, theirs, face


@torch.inference_mode()
def compare(size: int, objects: int, frames: int, auto: bool = False) -> dict[str, object]:
    """Median seconds a frame of each, and how many times longer the others take."""
    mine, theirs, face = networks(size)
    with tempfile.TemporaryDirectory() as folder:
        noise = np.random.default_rng(0)
        for index in range(frames):
            small = noise.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(small).resize((size, size)).save(Path(folder) / f"{index:05d}.jpg", quality=95)
        images = theirs.init_state(video_path=folder)["images"]  # type: ignore[attr-defined]
        lanes = {
            "ours": ours(mine, images, objects),
            "sam2": packaged(theirs, Path(folder), size, objects),
            "transformers": hugging_face(face, images, objects),
        }
        if auto:
            lanes["auto"] = ours(mine, images, objects, "auto")
        wall: dict[str, list[float]] = {name: [] for name in lanes}
        work: dict[str, list[float]] = {name: [] for name in lanes}
        agree: dict[str, list[float]] = {name: [] for name in lanes}
        for index in range(frames):
            found = {}
            for name, lane in lanes.items():
                begin, used = perf_counter(), process_time()
                found[name] = next(lane)
                if index >= FULL:
                    wall[name].append(perf_counter() - begin)
                    work[name].append(process_time() - used)
            for name in lanes:
                agree[name].append(float(((found[name] > 0) == (found["ours"] > 0)).float().mean()))
    result: dict[str, object] = {"size": size, "objects": objects, "frames": frames - FULL}
    if auto:
        result["auto"] = Compute.choose("cpu").precision
    for name in lanes:
        result[f"{name}_s"] = round(median(wall[name]), 4)
        result[f"{name}_cpu_s"] = round(median(work[name]), 4)
        ratios = [a / b for a, b in zip(work[name], work["ours"], strict=True)]
        result[f"{name}_over_ours"] = round(median(ratios), 3)
        if auto:
            ratios = [a / b for a, b in zip(work[name], work["auto"], strict=True)]
            result[f"{name}_over_auto"] = round(median(ratios), 3)
        result[f"{name}_pixels_as_ours"] = round(min(agree[name]), 5)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, nargs="+", default=[512])
    parser.add_argument("--objects", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--auto", action="store_true", help="Ours in --precision auto too.")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    warnings.simplefilter("ignore")
    rows = []
    for size in options.size:
        for objects in options.objects:
            rows.append(compare(size, objects, options.frames, options.auto))
            print(json.dumps(rows[-1]), flush=True)
    if options.out:
        options.out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
