"""A whole image, clip or scan in memory."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from segmem.core import Clip, FrameSource, Labels, Prediction, Prompt
from segmem.io.ahead import ahead
from segmem.methods.own_bank import bank_for
from segmem.ops.prepare import case_window
from segmem.ops.working_grid import OWN, WorkingGrid, plan_grid
from segmem.predict.bank_session import told_by
from segmem.predict.frames import Frame, as_source
from segmem.predict.request import Precision
from segmem.predict.stream import DEPTH, OnFrames, Viewer, ready, require_prompts, whole
from segmem.predict.sweep import Direction, Sweep, Tick, mean
from segmem.predict.volume import volume_predictions
from segmem.state import Segmenter, State
from segmem.volumetric import VolumeSegmenter


def segment(
    model: Segmenter | str | Path,
    source: FrameSource | Iterable[Frame] | str | Path,
    prompts: Iterable[Prompt] = (),
    direction: Direction | None = None,
    bank: str | Path | None = None,
    precision: Precision = "auto",
) -> Labels:
    """The label map of one case.

    Without prompts a video is read forward, so a frame is helped by those before it. A scan is read in both
    directions and the two answers are averaged, so that every slice has seen its neighbours on both sides; its
    intensities are seen against the percentiles of the whole scan.

    Args:
        model: a segmenter, or what `segmem.load` takes.
        source: a clip, the path of a file or folder that holds one, or frames as `segmem.stream` takes them.
        prompts: for promptable models: boxes, points and masks of objects, on any frames. The label map then
            holds the objects' ids.
        direction: which way from the prompted frames; None is both ways for a scan, and forward otherwise.
        bank: a file of other cases' memories, which frames read; for methods that have such a memory. Where a model is
            named and has one of its own, that is read if none is given, and "none" leaves it out.
        precision: as of `segmem.stream`.

    Returns:
        (T, H, W) uint8 at the input's own size, with its geometry: `segmem.io` writes it on the scan's own grid.

    Raises:
        UsageError: the path names several cases, frames are not what a model takes, or prompts or a bank are
            missing or not taken.
        WeightsError: another encoder, or another input size, made the bank.
        PromptError: a prompt that cannot be meant; see `segmem.core.prompt.check`.
        InputError: nothing can be read, or there is no frame.
    """
    loaded, compute = ready(model, precision)
    viewer = Viewer(loaded, compute, cases=told_by(bank_for(model, bank), loaded))
    opened = as_source(source)
    kind = viewer.kind(opened.geometry.kind)
    if kind == "volume" or direction not in {None, "forward"}:
        clip = whole(opened)
        prepared = viewer.checked(prompts, clip)
        grid = grid_of(viewer, clip)
        turned = turned_predictions(viewer, clip, grid, prepared, direction)
        return Labels(opened.name, grid.whole([p.labels[0].cpu() for p in turned]), opened.geometry)
    heard = viewer.checked(prompts, opened)
    if viewer.model.prompted:
        require_prompts(heard)
    seen = viewer.walk(ahead(opened, DEPTH), viewer.begin(opened.length), heard)
    each = [prediction.labels[0].cpu() for prediction, _ in seen]
    return Labels(opened.name, torch.stack(each), opened.geometry)


def grid_of(viewer: Viewer, clip: Clip) -> WorkingGrid:
    """The grid that the model sees a clip on; another than its own only where it is a scan.

    Raises:
        GeometryError: the model works in millimetres, and the scan does not say where its voxels lie.
    """
    scan = viewer.kind(clip.geometry.kind) == "volume"
    return plan_grid(clip.frames, clip.geometry, viewer.model.spec.volume if scan else OWN, clip.name)


def turned_predictions(
    viewer: Viewer,
    clip: Clip,
    grid: WorkingGrid,
    prompts: OnFrames,
    direction: Direction | None = None,
    tick: Tick = lambda: None,
) -> Iterator[Prediction]:
    """Of each slice of `grid.turned`, at the scan's own sampling; `grid.whole` puts maps of them together. See
    `case_predictions`."""
    return grid.back(case_predictions(viewer, grid.clip(clip), prompts, direction, tick))


def case_predictions(
    viewer: Viewer,
    clip: Clip,
    prompts: OnFrames,
    direction: Direction | None = None,
    tick: Tick = lambda: None,
) -> Iterator[Prediction]:
    """Of each frame of a clip in memory, at its own size; see `segment`. `tick` is called after each look.

    Raises:
        UsageError: a promptable model and no prompt.
    """
    kind = viewer.kind(clip.geometry.kind)
    if not viewer.model.prompted:
        yield from scan_predictions(viewer, clip.frames, tick)
        return
    require_prompts(prompts)
    if kind == "volume":
        viewer.open_scan(clip.frames)
    else:
        viewer.window = case_window(clip.frames, viewer.model.spec.intensity, kind)
    way = direction or ("both" if kind == "volume" else "forward")
    sweep = Sweep(viewer, dict(enumerate(clip.frames)).get, clip.length, prompts)
    yield from sweep.each(clip.length, way, tick)


def scan_predictions(viewer: Viewer, scan: Tensor, tick: Tick = lambda: None) -> Iterator[Prediction]:
    """Of each slice of (T, C, H, W), at its own size: the mean over a forward and a backward pass.

    `tick` is called after each look, twice a slice.
    """
    viewer.window = case_window(scan, viewer.model.spec.intensity, "volume")
    if isinstance(viewer.model, VolumeSegmenter):
        yield from volume_predictions(viewer, viewer.model, scan, tick)
        return
    state = State.start()
    from_behind = []
    for index in reversed(range(len(scan))):
        prediction, state = viewer.look(scan[index], state)
        from_behind.append(Prediction(prediction.logits.half(), prediction.score))  # kept for the whole scan
        tick()
    state = State.start()
    for frame in scan:
        prediction, state = viewer.look(frame, state)
        yield viewer.unfit(mean(prediction, from_behind.pop()))
        tick()
