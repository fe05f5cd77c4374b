import pytest

from segmem.core.errors import GeometryError
from segmem.data.cases import require_one_grid


def test_two_grids_are_refused_with_both_shapes_named():
    with pytest.raises(GeometryError, match=r"case 7 frame 3.*\(48, 64\).*\(64, 48\)"):
        require_one_grid((48, 64), (64, 48), "case 7 frame 3")


def test_one_grid_passes():
    require_one_grid((48, 64), (48, 64), "case 7")
