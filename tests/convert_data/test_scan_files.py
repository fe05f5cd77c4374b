import nibabel as nib
import numpy as np
import pytest

from datasets import OBLIQUE, organs, save, voxels
from segmem.convert_data.label_map import label_map
from segmem.convert_data.scan_files import write_scan_files
from segmem.core.errors import InputError
from segmem.data.scans import scan_case
from segmem.io.volume import read_label_volume, read_volume


def a_case(folder, image, truth):
    return scan_case("a", "a", (image,), save(folder / "truth.nii.gz", truth))


def test_voxels_and_place_keep_their_bits_and_labels_change(tmp_path):
    image = nib.Nifti1Image(voxels(), OBLIQUE)
    image.set_qform(image.get_qform(coded=False), code=0)
    image.header["descrip"] = b"Name^Patient"
    nib.save(image, tmp_path / "i.nii.gz")
    wanted = label_map({0: "background", 1: "a", 2: "b"}, ("background", "b", "a"), (), consecutive=True)
    case = a_case(tmp_path, tmp_path / "i.nii.gz", organs())
    write_scan_files(case, [0], [tmp_path / "o.nii.gz"], tmp_path / "l.nii.gz", wanted)
    old, new, label = (nib.load(tmp_path / f"{name}.nii.gz") for name in ("i", "o", "l"))
    assert np.array_equal(np.asarray(old.dataobj), np.asarray(new.dataobj))
    for field in ("srow_x", "srow_y", "srow_z", "quatern_b", "qoffset_x", "sform_code", "qform_code"):
        assert np.array_equal(old.header[field], new.header[field])
        assert np.array_equal(old.header[field], label.header[field])
    swapped = np.array([0, 2, 1], np.uint8)[organs()]
    assert np.array_equal(np.asarray(label.dataobj), swapped)
    assert b"Name" not in bytes(new.header.binaryblock)


def test_another_format_becomes_nifti_on_the_same_grid(tmp_path):
    import nrrd

    space = {
        "space": "right-anterior-superior",
        "space directions": OBLIQUE[:3, :3].T,
        "space origin": OBLIQUE[:3, 3],
    }
    nrrd.write(str(tmp_path / "i.nrrd"), voxels(), space)
    case = a_case(tmp_path, tmp_path / "i.nrrd", organs())
    write_scan_files(
        case, [0], [tmp_path / "o.nii.gz"], tmp_path / "l.nii.gz", label_map({}, (), (), consecutive=False)
    )
    clip = read_volume(tmp_path / "o.nii.gz")
    assert (clip.frames == read_volume(tmp_path / "i.nrrd").frames).all()
    assert np.allclose(clip.geometry.affine, OBLIQUE, atol=1e-6)
    assert int(read_label_volume(tmp_path / "l.nii.gz", like=clip.geometry).max()) == 2


def test_labels_that_no_map_covers_leave_nothing_written(tmp_path):
    case = a_case(tmp_path, save(tmp_path / "i.nii.gz", voxels()), organs((1, 7)))
    wanted = label_map({1: "a"}, (), (), consecutive=True)
    with pytest.raises(InputError, match=r"a: no map covers label 7 \(72 pixels in 3 frames\)"):
        write_scan_files(case, [0], [tmp_path / "o.nii.gz"], tmp_path / "l.nii.gz", wanted)
    assert not (tmp_path / "o.nii.gz").exists()
