import pytest
import torch

from nano import nano_lapg
from segmem.core import Clip, Geometry
from segmem.ops.intensity import IntensitySettings
from segmem.predict.compute import Compute
from segmem.predict.segment import segment
from segmem.predict.stream import Viewer
from segmem.predict.volume import encoded_scan, volume_predictions
from segmem.volumetric import VolumeSegmenter


@pytest.fixture(scope="module")
def model() -> VolumeSegmenter:
    return nano_lapg(intensity=IntensitySettings(kind="percentile"))


def scan(length: int = 6, size: tuple[int, int] = (33, 47)) -> torch.Tensor:
    return 100 * torch.rand(length, 1, *size, generator=torch.Generator().manual_seed(1))


def clip(frames: torch.Tensor) -> Clip:
    return Clip("s", frames, Geometry("volume", (frames.shape[-2], frames.shape[-1])))


def answers(model, frames, memory=True, tick=lambda: None):
    viewer = Viewer(model, Compute.choose("cpu", "float32"), memory=memory)
    return list(volume_predictions(viewer, model, frames, tick))


@pytest.mark.parametrize("length", [1, 2, 19])
def test_every_slice_is_answered_at_its_own_size_and_told_of_twice(model, length):
    ticks = []
    found = answers(model, scan(length), tick=lambda: ticks.append(1))
    assert [one.logits.shape for one in found] == [(1, 3, 33, 47)] * length
    assert len(ticks) == 2 * length


def test_a_viewer_without_memory_answers_with_the_first_stage(model):
    both, first = answers(model, scan()), answers(model, scan(), memory=False)
    near = [
        torch.allclose(a.probabilities, b.probabilities, atol=1e-3) for a, b in zip(both, first, strict=True)
    ]
    assert not all(near)


def test_a_scan_is_segmented_with_its_geometry(model):
    given = clip(scan())
    labels = segment(model, given)
    assert labels.geometry == given.geometry
    assert labels.frames.shape == (6, 33, 47)


@pytest.mark.parametrize("value", [0.0, float("nan")], ids=["constant", "nan"])
def test_a_scan_without_contrast_is_answered(model, value):
    labels = segment(model, clip(torch.full((4, 1, 20, 30), value)))
    assert labels.frames.shape == (4, 20, 30)


def test_a_brighter_scan_is_the_same_scan(model):
    plain, brighter = (segment(model, clip(s), precision="float32") for s in (scan(), 3 * scan() + 50))
    assert (plain.frames == brighter.frames).float().mean() > 0.999


def test_coarse_masks_and_presence_of_a_scan_are_known_before_memory_is_asked(model):
    viewer = Viewer(model, Compute(torch.device("cpu"), torch.float32))
    viewer.window, told = (0.0, 255.0), []
    slices = encoded_scan(viewer, model, scan(5), lambda: told.append(1))
    assert slices.coarse.shape[:1] == slices.presence.shape[:1] == (len(told),) == (5,)
    assert viewer.fit.size == (33, 47)
    assert viewer.fit.grid == tuple(4 * side for side in slices.coarse.shape[-2:])
