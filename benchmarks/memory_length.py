"""The same trained memory with fewer frames, coarser tokens, old frames that fade, or places that follow the view,
without learning anew.

    python benchmarks/memory_length.py --model runs/segmem --with capacity=3 --with pool=4 --with fade=0.7,pool=4 \
        --case DATA/video_endovis15_robotic/dataset3 --map 3:1 4:2 --frames 160 --out docs/results/tmam_length.csv

capacity: only so many past frames are kept. pool: memory tokens are averaged so. fade: what class evidence learnt of
each rank of recency falls by so much more with each rank. follow: 1 moves what is remembered as far as the view has
moved since, 0 does not. Measured as by quick_look.py; `as trained` is the model as it is.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

import quick_look
from merging import add_map
from segmem.methods.load import assemble, find_weights, read_model, save
from segmem.methods.spec import ModelSpec

RECENCY = ("memory.evidence.match.recency", "memory.evidence.stay.recency")
BY_RANK = (*RECENCY, "memory.temporal_code.maskmem_tpos_enc")


def changed(
    spec: ModelSpec, tensors: dict[str, Tensor], changes: dict[str, float]
) -> tuple[ModelSpec, dict[str, Tensor]]:
    """The spec and tensors of a model with `changes`."""
    tensors, tmam = dict(tensors), spec.tmam
    if "pool" in changes:
        tmam = tmam.model_copy(update={"pool": int(changes["pool"])})
    if "capacity" in changes:
        slots = int(changes["capacity"])
        tmam = tmam.model_copy(update={"policy": tmam.policy.model_copy(update={"capacity": slots})})
        tensors |= {name: tensors[name][:slots].clone() for name in BY_RANK if name in tensors}
    if "fade" in changes:
        for name in RECENCY:
            ranks = torch.arange(len(tensors[name]), dtype=torch.float32)
            tensors[name] = tensors[name] - changes["fade"] * ranks
    if "follow" in changes and tmam.evidence is not None:
        evidence = tmam.evidence.model_copy(update={"follow": bool(changes["follow"])})
        tmam = tmam.model_copy(update={"evidence": evidence})
    return spec.model_copy(update={"tmam": tmam}), tensors


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, help="shipped name, run folder or weights file")
    parser.add_argument("--with", action="append", required=True, dest="variants", metavar="NAME=VALUE,...")
    parser.add_argument("--case", required=True)
    add_map(parser)
    parser.add_argument("--frames", default="0")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    path = find_weights(options.model)
    spec, tensors = read_model(path)
    with TemporaryDirectory() as folder:
        models = [f"as trained={path}"]
        for index, variant in enumerate(options.variants):
            changes = {name: float(value) for name, value in (one.split("=") for one in variant.split(","))}
            made = Path(folder) / f"{index}.safetensors"
            save(assemble(*changed(spec, tensors, changes), path, partial=False), made)
            models.append(f"{variant.replace('=', ' ')}={made}")
        named = [part for one in models for part in ("--model", one)]
        where = ["--case", options.case, "--map", *options.map, "--frames", options.frames]
        quick_look.main([*named, *where, "--out", options.out])


if __name__ == "__main__":
    main()
