import warnings
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from segmem.core.errors import GeometryError
from segmem.io.nifti_affine import chosen_affine, forms, sound

GOOD = np.diag([2.0, 3.0, 4.0, 1.0])
FILE = Path("scan.nii")


def header(sform: np.ndarray | None, qform: np.ndarray | None) -> nib.Nifti1Header:
    made = nib.Nifti1Header()
    made.set_data_shape((5, 5, 5))
    if qform is not None:
        made.set_qform(qform, code=1)
    if sform is not None:
        made.set_sform(sform, code=2)
    return made


def test_the_sform_is_used_in_silence_where_both_agree() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(chosen_affine(FILE, header(GOOD, GOOD)), GOOD)
        assert np.array_equal(chosen_affine(FILE, header(None, GOOD)), GOOD)


def test_a_singular_sform_gives_way_to_the_qform_naming_both() -> None:
    for bad in (np.zeros((4, 4)), np.diag([1.0, 0, 1, 1]), np.full((4, 4), np.nan)):
        with pytest.warns(UserWarning, match=r"sform is singular \(code 2\), the qform \(code 1\) is used"):
            assert np.array_equal(chosen_affine(FILE, header(bad, GOOD)), GOOD)


def test_where_both_differ_the_sform_is_used_and_said() -> None:
    other = GOOD.copy()
    other[0, 3] = 5
    with pytest.warns(UserWarning, match="differ by up to 5 mm; the sform is used"):
        assert np.array_equal(chosen_affine(FILE, header(other, GOOD)), other)


def test_without_a_valid_form_the_scan_is_refused_with_the_way_out() -> None:
    with pytest.raises(GeometryError, match=r"scan\.nii: neither .*set_sform"):
        chosen_affine(FILE, header(np.zeros((4, 4)), None))
    broken = header(np.zeros((4, 4)), GOOD)
    broken["quatern_b"] = 3.0
    with pytest.raises(GeometryError, match="neither"):
        chosen_affine(FILE, broken)


def test_without_any_form_the_voxel_sizes_are_used_and_said() -> None:
    bare = header(None, None)
    bare.set_zooms((2, 3, 4))
    with pytest.warns(UserWarning, match="states no orientation"):
        assert np.array_equal(np.abs(chosen_affine(FILE, bare)[:3, :3]), GOOD[:3, :3])


def test_nearly_flat_affines_are_not_sound() -> None:
    flat = np.eye(4)
    flat[:3, 2] = flat[:3, 1] + [0, 0, 1e-6]
    assert [sound(GOOD), sound(flat), sound(np.eye(4) * np.nan)] == [True, False, False]


def test_both_forms_are_given_and_one_that_cannot_be_is_no_number() -> None:
    other = np.diag([4.0, 6.0, 8.0, 1.0])
    made = header(other, GOOD)
    sform, qform = forms(made)
    assert np.array_equal(sform, other)
    assert np.allclose(qform, GOOD)
    made["pixdim"][0] = 7
    assert np.isnan(forms(made)[1]).all()
