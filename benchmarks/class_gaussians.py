"""What a second opinion on the same frame could gain where nothing is spoilt: classes known by their features.

    python benchmarks/class_gaussians.py --model star=runs/star --case DATA/video_endovis15_robotic/dataset3 \
        --map 3:1 4:2 --every 3 --out docs/results/tmam_class_gaussians.csv

Linear discriminants: Gaussians of the decoder's last features, a mean a class and one covariance, fitted to pixels that
the 2D network is sure of. Their log-likelihoods are added to its log-probabilities, in the shares of `SHARES`. A line
for each model and for each way to fit: `frame` to the frame itself, `stream` to all frames so far, and `prior` takes no
features at all, but takes off the logarithm of how much of the frame each class has. Mean Dice, memory off.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cross_video import Cell, append
from merging import merged
from quick_look import asking, at_size, encoded, labels_at_size, read
from segmem.methods.load import load
from segmem.metrics.overlap import dice_by_frame
from segmem.metrics.summary import mean_of_classes
from segmem.nn.encoder_decoder import EncoderDecoder
from segmem.ops.fit import Fit, plan
from segmem.predict.compute import Compute
from segmem.segmenter import MemorySegmenter

SHARES = (0.0, 0.05, 0.1, 0.2, 0.4)
SURE = 0.9  # probability
LEAST = 1e-4  # of a probability
CHANNELS = 16  # of features; more are brought to the first frame's principal ones
ENOUGH = 20  # pixels of a class
FLOOR = 1e-3  # of the mean variance, added to all
WORST = 40.0  # log-likelihood of a class below the best


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over pixels of K classes: their number (K,), features (K, C) and products of features (C, C)."""

    number: Tensor
    first: Tensor
    second: Tensor

    @classmethod
    def of(cls, features: Tensor, chances: Tensor) -> "Moments":
        """Of features (C, P) where probabilities (K, P) are sure."""
        sure = (chances > SURE).float()
        return cls(sure.sum(dim=1), sure @ features.T, (features * sure.sum(dim=0)) @ features.T)

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(self.number + other.number, self.first + other.first, self.second + other.second)

    def likelihoods(self, features: Tensor) -> Tensor:
        """(K, P) logarithms for features (C, P), but for what all classes share."""
        number = self.number.clamp(min=1)[:, None]
        means = self.first / number
        spread = (self.second - self.first.T @ means) / number.sum()
        spread = spread + torch.eye(len(spread)) * FLOOR * spread.diagonal().mean()
        root = torch.linalg.cholesky(spread)
        white, middles = (torch.linalg.solve_triangular(root, x, upper=False) for x in (features, means.T))
        told = -torch.cdist(middles.T, white.T).square() / 2
        told = torch.where(self.number[:, None] < ENOUGH, -torch.inf, told)
        return told.clamp(min=told.amax(dim=0) - WORST)


@torch.inference_mode()
def decoded(
    model: MemorySegmenter, frames: Tensor, how: Fit, compute: Compute
) -> Iterator[tuple[Tensor, Tensor]]:
    """Features (C, P) of the decoder's last layer and probabilities (K, P) of each frame."""
    network = model.network
    if not isinstance(network, EncoderDecoder):
        raise SystemExit("The network must be one of segmentation_models_pytorch.")
    high, wide = how.scaled
    last: list[Tensor] = []
    head = network.segmentation_head
    assert isinstance(head, nn.Module)
    hook = head.register_forward_pre_hook(lambda _, given: last.append(given[0]))
    turned: Tensor | None = None
    for one in encoded(model, frames, how, compute):
        last.clear()
        with compute.autocast():
            logits = network.decode(one)
        size = (logits.shape[-2], logits.shape[-1])
        wanted = F.interpolate(last[0].float(), size, mode="bilinear")[0, :, :high, :wide].flatten(1)
        if turned is None:
            turned = torch.linalg.eigh(torch.cov(wanted))[1][:, -CHANNELS:].T
        features = turned @ wanted if len(wanted) > CHANNELS else wanted
        yield features, logits[0, :, :high, :wide].float().softmax(dim=0).flatten(1)
    hook.remove()


def opinions() -> dict[str, Callable[[Tensor, Tensor], Tensor]]:
    """What is added to the log-probabilities (K, P), of features (C, P) and probabilities (K, P). `stream` knows
    what it was asked before."""
    seen: list[Moments] = []

    def stream(features: Tensor, chances: Tensor) -> Tensor:
        seen[:] = [sum(seen, Moments.of(features, chances))]
        return seen[0].likelihoods(features)

    return {
        "frame": lambda features, chances: Moments.of(features, chances).likelihoods(features),
        "stream": stream,
        "prior": lambda _, chances: -chances.mean(dim=1, keepdim=True).clamp(min=LEAST).log(),
    }


def label_maps(
    model: MemorySegmenter, frames: Tensor, how: Fit, compute: Compute
) -> dict[str, dict[float, Tensor]]:
    """(T, *how.scaled) uint8 of each way and share."""
    ways = opinions()
    maps: dict[str, dict[float, list[Tensor]]] = {way: {share: [] for share in SHARES} for way in ways}
    for features, chances in decoded(model, frames, how, compute):
        logs = chances.clamp(min=LEAST).log()
        for way, told in ways.items():
            more = told(features, chances)
            for share, found in maps[way].items():
                found.append((logs + share * more).argmax(dim=0).reshape(how.scaled).to(torch.uint8))
    return {way: {share: torch.stack(found) for share, found in of.items()} for way, of in maps.items()}


def main() -> None:
    parser = asking(__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every so many frames")
    parser.add_argument("--out", type=Path, default=Path("class_gaussians.csv"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    compute = Compute.choose("cpu")
    frames, truth = read(options.case, merged(options.map), options.frames)
    for name, path in (pair.split("=", 1) for pair in options.model):
        model = compute.place(load(path))
        if not isinstance(model, MemorySegmenter):
            raise SystemExit(f"{name} takes prompts; it has no class of its own.")
        how = plan((frames.shape[-2], frames.shape[-1]), model.spec.fit)
        small, labels = at_size(frames, how)[:: options.every], labels_at_size(truth, how)[:: options.every]
        for way, of in label_maps(model, small, how, compute).items():
            row: dict[str, Cell] = {
                "model": name,
                "video": options.case.name,
                "frames": len(small),
                "way": way,
            }
            for share, found in of.items():
                scores = dice_by_frame(found.numpy(), labels, len(model.spec.classes))
                row[f"share_{share:g}"] = mean_of_classes(scores).mean
            append(options.out, row)


if __name__ == "__main__":
    main()
