import nibabel as nib
import numpy as np
import pytest

from labelled import write_images, write_scans
from segmem.core import Geometry
from segmem.core.errors import SettingsError
from segmem.train.presets import load_settings
from segmem.train.spacing import propose, with_spacing


def scan(*steps: float) -> Geometry:
    """Axial slices of (slice, row, column) steps."""
    rows = np.diag([steps[2], steps[1], steps[0], 1.0])
    return Geometry("volume", (9, 9), spacing_mm=steps, affine=tuple(map(tuple, rows.tolist())))


def test_the_median_of_each_axis_is_taken():
    found = propose([scan(1.0, 0.8, 0.8), scan(1.2, 1.0, 1.0), scan(2.0, 1.2, 1.2)], "own")
    assert found == (1.2, 1.0)


def test_of_thick_slices_the_thin_ones_decide():
    scans = [scan(float(step), 0.8, 0.8) for step in (2.5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5)]
    assert propose(scans, "own") == (5.0, 0.8)
    scans = [scan(float(step), 0.8, 0.8) for step in (0.5, 0.5, 0.5, 5, 5, 5, 5, 5, 5, 5, 5)]
    assert propose(scans, "own") == (0.8, 0.8)  # not finer than pixels are


def test_slices_are_measured_along_their_own_axis():
    assert propose([scan(3.0, 1.0, 2.0)], "coronal") == (1.0, 2.5)


def settings_of(path: str, *changes: str):
    return load_settings(
        "nano",
        changes=(
            f"data={{sources: [{{path: {path}}}], validation_fraction: 0.3}}",
            "model.classes=[background, a, b]",
            "model.input=volume",
            *changes,
        ),
    )


def test_training_cases_alone_decide_and_the_run_s_settings_say_it(tmp_path):
    root = write_scans(tmp_path / "s", ["a", "b", "c"])
    settings = settings_of("s", "model.volume={spacing: data}")
    from segmem.train.listing import chosen_split, listed

    whole = [listed(source, tmp_path / source.path) for source in settings.data.sources]
    (aside,) = chosen_split(settings, tmp_path, whole, whole).validation
    for folder in ("images", "labels"):
        path = root / folder / f"{aside.name}.nii.gz"
        image = nib.load(path)
        nib.save(nib.Nifti1Image(np.asarray(image.dataobj), np.diag([9.0, 9.0, 9.0, 1.0])), path)
    told = []
    found = with_spacing(settings, tmp_path, told.append).model.volume
    assert (found.spacing, found.slice_mm, found.in_plane_mm) == ("given", 3.0, 1.0)
    assert "2 training scans" in told[0]


def test_what_is_given_stays(tmp_path):
    settings = settings_of("nowhere")
    assert with_spacing(settings, tmp_path) is settings


def test_pictures_have_no_spacing_to_take(tmp_path):
    write_images(tmp_path / "i", ["a", "b"])
    with pytest.raises(SettingsError, match="none is a scan"):
        with_spacing(settings_of("i", "model.volume={spacing: data}"), tmp_path)
