"""What comes back lies on the input's grid, whatever the grid."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids import FORMATS, Grid, identity, make, mismatches
from segmem.io.volume import read_volume, write_volume

COUNTS = {"dicom": 6}
"""Examples of each format; a DICOM series is many files."""

real = st.floats(-1, 1, allow_nan=False, width=32)
turns = st.tuples(real, real, real, real).filter(lambda q: sum(x * x for x in q) > 0.01)
grids = st.builds(
    make,
    quaternion=st.one_of(st.just((1.0, 0.0, 0.0, 0.0)), turns),
    spacing_mm=st.tuples(*[st.floats(0.2, 6, allow_nan=False)] * 3),
    order=st.permutations(range(3)),
    flips=st.tuples(*[st.booleans()] * 3),
    offset_mm=st.tuples(*[st.floats(-500, 500, allow_nan=False, allow_subnormal=False)] * 3),
    shape=st.tuples(*[st.integers(2, 6)] * 3),
    shear=st.one_of(st.just(0.0), st.floats(0.05, 0.4)),
)


@pytest.mark.parametrize("form", FORMATS)
def test_labels_lie_on_the_grid_of_their_scan(form):
    @settings(
        max_examples=COUNTS.get(form, 15),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(grids)
    def comes_back(grid: Grid) -> None:
        with tempfile.TemporaryDirectory() as folder:
            assert mismatches(grid, form, Path(folder)) == []

    comes_back()


@pytest.mark.parametrize("form", ["nii.gz", "nrrd", "mha"])
def test_a_grid_that_is_moved_by_little_is_a_mismatch(form, tmp_path, monkeypatch):
    import grids as module

    def moved(labels, path):
        write_volume(labels, path)
        other = tmp_path / f"moved.{form}"
        affine = grid.affine.copy()
        affine[0, 3] += 1e-3
        writer = {"nrrd": module._write_nrrd, "mha": module._write_mha}.get(form, module._write_nifti)
        writer(Grid(grid.shape, affine, grid.sheared), other)
        write_volume(identity(read_volume(other)), path)

    grid = make((1, 0.2, 0.3, 0.1), (1, 2, 3), (2, 0, 1), (True, False, True), (10, 20, 30), (3, 4, 5))
    monkeypatch.setattr(module, "write_volume", moved)
    assert mismatches(grid, form, tmp_path)


def test_voxels_in_another_order_are_a_mismatch(tmp_path, monkeypatch):
    import grids as module

    def reversed_(clip):
        labels = identity(clip)
        return type(labels)(labels.name, labels.frames.flip(0), labels.geometry)

    grid = make((1, 0, 0, 0), (1, 1, 1), (0, 1, 2), (False,) * 3, (0, 0, 0), (3, 4, 5))
    monkeypatch.setattr(module, "identity", reversed_)
    for form in FORMATS:
        (tmp_path / form).mkdir()
        assert mismatches(grid, form, tmp_path / form)
    assert np.unique(grid.volume).size == 60
