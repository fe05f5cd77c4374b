"""Where maps of confidence are."""

from pathlib import Path

from segmem.io.confidence import beside


def test_beside_the_labels_with_their_ending() -> None:
    assert beside(Path("x/scan.nii.gz")) == Path("x/scan.confidence.nii.gz")
    assert beside(Path("x/a.b.png")) == Path("x/a.b.confidence.png")


def test_of_a_dicom_seg_it_is_a_scan_as_a_seg_holds_labels_only() -> None:
    assert beside(Path("x/scan.dcm")) == Path("x/scan.confidence.nii.gz")
