import pytest
from PIL import Image

from footage import write_scan
from segmem import demo
from segmem.core.errors import SegmemError
from shelf import write_scan_model, write_video_model


@pytest.fixture
def small(monkeypatch, tmp_path):
    """The demo with nano models on a few frames and a drawn scan."""
    scan = write_scan(tmp_path / "scan.nii.gz")
    monkeypatch.setattr(demo, "FRAMES", 4)
    monkeypatch.setattr(demo, "SIZE", (64, 96))
    monkeypatch.setattr(demo, "SCAN", scan)
    monkeypatch.setattr(demo, "SCAN_TRUTH", tmp_path / "truth.nii.gz")
    write_truth(scan, tmp_path / "truth.nii.gz")
    return str(write_video_model(tmp_path)), str(write_scan_model(tmp_path))


def write_truth(scan, path):
    import nibabel as nib
    import numpy as np

    image = nib.load(scan)
    nib.save(nib.Nifti1Image((np.asarray(image.dataobj) > 500).astype(np.uint8), image.affine), path)


def test_the_demo_leaves_what_it_promises_and_tells_where(small, monkeypatch, tmp_path):
    monkeypatch.setattr(demo, "LEAST", 0.0)
    told = "\n".join(demo.run(tmp_path / "demo", *small))
    for name in ("overlay.mp4", "scan.nii.gz", "strip.png", "manifest.json"):
        assert (tmp_path / "demo" / name).stat().st_size > 0
        assert str(tmp_path / "demo" / name) in told
    with Image.open(tmp_path / "demo" / "strip.png") as picture:
        assert picture.width > picture.height
    assert "Dice shaft" in told
    assert "Dice anterior" in told


def test_a_demo_that_segments_badly_fails_and_still_shows(small, tmp_path):
    lines = []
    with pytest.raises(SegmemError, match=r"below 0\.80"):
        lines.extend(demo.run(tmp_path / "demo", *small))
    assert (tmp_path / "demo" / "overlay.mp4").exists()


def test_the_demo_can_be_run_again_into_its_folder(small, monkeypatch, tmp_path):
    monkeypatch.setattr(demo, "LEAST", 0.0)
    for _ in range(2):
        list(demo.run(tmp_path / "demo", *small))
    assert len(list((tmp_path / "demo" / "labels").iterdir())) == 4
