import pytest

from checkpoints import write_hf
from dicom_made import ramp, write_series
from footage import write_picture, write_video
from labelled import square, write_images, write_mask
from segmem.core.errors import SettingsError
from segmem.doctor.diagnose import diagnose
from sick import labels, nifti


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda root: write_picture(root / "a.png"), "a picture"),
        (lambda root: write_video(root / "a.mkv"), "a video"),
        (lambda root: nifti(root / "a.nii.gz"), "a scan"),
        (lambda root: nifti(root / "a.nii.gz", labels()), "a label map"),
        (lambda root: write_mask(root / "a_mask.png", square(255)), "a mask"),
        (lambda root: write_series(root / "s", ramp(1))[0], "a DICOM scan"),
        (lambda root: write_series(root / "s", ramp(3))[0].parent, "a DICOM scan"),
        (lambda root: write_images(root / "d", ["a"]), "a dataset"),
        (lambda root: write_hf(root / "m"), "a model"),
        (lambda root: write_picture(root / "a.png").parent, "a folder of files"),
    ],
)
def test_each_kind_is_recognised_and_has_no_fault(tmp_path, make, kind):
    found = diagnose(make(tmp_path))
    assert found.kind == kind
    assert found.worst != "fault"


def test_the_most_severe_comes_first(tmp_path):
    path = nifti(tmp_path / "a_seg.nii.gz", labels(255) * 1.5, descrip=b"DOE^JANE")
    assert [one.code for one in diagnose(path).findings] == ["label-fractions", "scan-names-patient"]


def test_a_group_that_is_no_pattern_is_the_users_mistake(tmp_path):
    write_images(tmp_path, ["a"])
    with pytest.raises(SettingsError):
        diagnose(tmp_path, group="(")
