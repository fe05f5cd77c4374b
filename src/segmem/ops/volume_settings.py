"""How a model wants its scans, in values; the default leaves every scan on its own grid."""

from typing import Literal

from pydantic import Field, PositiveFloat

from segmem.core import Settings

Slices = Literal["own", "axial", "coronal", "sagittal", "thickest"]


class VolumeSettings(Settings):
    """The grid that scans are seen on. Labels come back on the scan's own, whatever is set here."""

    slices: Slices = "own"
    """The axis that slices follow each other along. own: as scans are read, along the coarsest axis where its step is
    at least 1.5 times both others, else axial. thickest: along the largest step, axial if equal."""
    spacing: Literal["given", "data"] = "given"
    """given: what the next two say. data: `segmem train` takes both from the training cases, and writes them here."""
    slice_mm: PositiveFloat | None = None
    """From slice to slice; none keeps the scan's own."""
    in_plane_mm: PositiveFloat | None = None
    """From pixel to pixel of a slice, both ways; none keeps the scan's own. Then `fit.longest` is best left at none,
    which would scale once more."""
    crop: Literal["none", "otsu", "percentile"] = "none"
    """A scan is cut to the box of its brighter voxels: above Otsu's threshold, or above a percentile. From the image
    alone, in training and in use; what lies outside is background."""
    crop_percentile: float = Field(default=25.0, ge=0, lt=100)
    """Of the scan's values, for `percentile`."""
    crop_margin_mm: float = Field(default=10.0, ge=0)
    """Left around the box on every side."""
