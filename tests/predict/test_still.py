import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from footage import write_picture, write_scan
from segmem.core.errors import FormatError, InterruptedRun
from segmem.io.sources import find_cases
from segmem.predict.segment import segment
from segmem.predict.still import segment_still
from segmem.predict.watch import Watch


def run(job, path, out, watch=None):
    return segment_still(job, find_cases(str(path))[0], out, watch or Watch(), job.clock())


def test_a_scan_s_labels_lie_on_its_own_grid(make_job, tmp_path):
    affine = np.array([[0.0, -1.5, 0.1, 3], [1.2, 0, 0, -7], [0, 0.2, 4.0, 11], [0, 0, 0, 1]])
    path = write_scan(tmp_path / "s.nii.gz", affine=affine)
    record = run(make_job("volume"), path, tmp_path / "out.nii.gz")
    scan, found = nib.load(path), nib.load(tmp_path / "out.nii.gz")
    assert found.shape == scan.shape
    assert np.array_equal(found.affine, scan.affine)
    assert np.asarray(found.dataobj).dtype == np.uint8
    assert (record.kind, record.input, record.output) == ("volume", "s.nii.gz", "out.nii.gz")
    assert record.frames == 7


def test_a_scan_s_labels_are_those_of_segment(make_job, tmp_path):
    from segmem.io.volume import read_label_volume, read_volume

    path = write_scan(tmp_path / "s.nii.gz")
    job = make_job("volume")
    run(job, path, tmp_path / "out.nii.gz")
    clip = read_volume(path)
    expected = segment(job.model, clip, precision="float32").frames
    assert len(expected.unique()) > 1
    assert np.array_equal(read_label_volume(tmp_path / "out.nii.gz", clip.geometry), expected)


def test_an_image_s_labels_are_an_indexed_picture_of_its_size(make_job, tmp_path):
    path = write_picture(tmp_path / "i.png")
    record = run(make_job("image"), path, tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        assert image.mode == "P"
        assert image.size == (90, 60)
        expected = segment(make_job("image").model, path, precision="float32").frames[0]
        assert np.array_equal(np.array(image), expected)
    assert (record.kind, record.frames) == ("image", 1)


@pytest.mark.parametrize("kind", ["volume", "image"])
def test_an_interrupted_case_leaves_nothing_under_its_name(make_job, tmp_path, kind):
    path = write_scan(tmp_path / "s.nii.gz") if kind == "volume" else write_picture(tmp_path / "s.png")
    watch = Watch()
    watch.stop = True
    out = tmp_path / ("out.nii.gz" if kind == "volume" else "out.png")
    with pytest.raises(InterruptedRun):
        run(make_job(kind), path, out, watch)
    assert not out.exists()


def test_a_bad_scan_leaves_nothing(make_job, tmp_path):
    (tmp_path / "s.nii.gz").write_bytes(b"\x1f\x8b half a scan")
    with pytest.raises(FormatError):
        run(make_job("volume"), tmp_path / "s.nii.gz", tmp_path / "out.nii.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["s.nii.gz"]
