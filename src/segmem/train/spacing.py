"""The spacing that a model works at, from the training cases, where the settings leave it to them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from segmem.core import Geometry
from segmem.core.errors import SettingsError
from segmem.io.orientation import world_axes
from segmem.ops.volume_settings import Slices
from segmem.ops.working_grid import slice_order
from segmem.train.held_out import parted_sources
from segmem.train.listing import chosen_split, listed
from segmem.train.settings import TrainSettings

ANISOTROPIC = 3.0
"""Slices this many times as far apart as pixels, and more, are thick: the spacing of the thinner ones is taken."""
THIN = 10.0
"""The percentile that is then taken."""


def with_spacing(
    settings: TrainSettings, data_root: Path, tell: Callable[[str], None] | None = None
) -> TrainSettings:
    """The settings with `spacing: data` replaced by what the training cases say; others as they are.

    Validation cases are not looked at. The same data gives the same numbers, so a run can be resumed.

    Raises:
        SettingsError: no training case is a scan that says its spacing.
        InputError: see `listing`.
    """
    volume = settings.model.volume
    if volume.spacing != "data":
        return settings
    whole = [listed(source, data_root / source.path) for source in settings.data.sources]
    kept = [part.kept for part in parted_sources(settings, whole)]
    train = chosen_split(settings, data_root, whole, kept).train
    found = [case.geometry() for case in train if case.geometry is not None]
    placed = [one for one in found if one.affine is not None and one.spacing_mm is not None]
    if not placed:
        raise SettingsError(
            "model.volume.spacing: data asks the training cases for their spacing, and none is a scan that says it."
            " Give slice_mm and in_plane_mm, or leave it out."
        )
    slice_mm, in_plane_mm = propose(placed, volume.slices)
    if tell:
        tell(
            f"spacing of {len(placed)} training scans: slices {slice_mm:g} mm apart, pixels {in_plane_mm:g} mm;"
            " written into the run's settings"
        )
    chosen = volume.model_copy(update={"spacing": "given", "slice_mm": slice_mm, "in_plane_mm": in_plane_mm})
    model = settings.model.model_copy(update={"volume": chosen})
    return settings.model_copy(update={"model": model})


def propose(scans: Sequence[Geometry], slices: Slices) -> tuple[float, float]:
    """(slice_mm, in_plane_mm) for scans that are cut as `slices` says, as nnU-Net chooses them (Isensee et al. 2021).

    The medians; where slices are more than three times as far apart as pixels, the 10th percentile of the slices'
    spacing in place of its median, but no less than the pixels'. Rows and columns are taken together.
    """
    steps = np.array([_turned(scan, slices) for scan in scans])
    in_plane = float(np.median(steps[:, 1:]))
    across = float(np.median(steps[:, 0]))
    if across > ANISOTROPIC * in_plane:
        across = max(float(np.percentile(steps[:, 0], THIN)), in_plane)
    return round(across, 4), round(in_plane, 4)


def _turned(scan: Geometry, slices: Slices) -> list[float]:
    """Spacing along (slice, row, column)."""
    assert scan.spacing_mm is not None  # noqa: S101  the caller chose such
    return [scan.spacing_mm[axis] for axis in slice_order(world_axes(scan), scan.spacing_mm, slices)]
