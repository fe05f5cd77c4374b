import gzip
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import nibabel as nib
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from segmem.core import Labels
from segmem.core.errors import FormatError, GeometryError
from segmem.io.volume import read_volume, write_volume

MakeNifti = Callable[..., Path]
FIELDS = ("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z", "xyzt_units")


@st.composite
def affines(draw: st.DrawFn) -> np.ndarray:
    """Any of the 48 orientations, turned a little or much, with any spacing; a shear now and then."""
    linear = np.eye(3)[draw(st.permutations([0, 1, 2]))] * draw(st.tuples(*[st.sampled_from([-1, 1])] * 3))
    angles = draw(st.tuples(*[st.floats(-60, 60)] * 3))
    linear = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() @ linear
    affine = np.eye(4)
    affine[:3, :3] = linear * draw(st.tuples(*[st.floats(0.2, 9)] * 3))
    affine[:3, 3] = draw(st.tuples(*[st.floats(-300, 300)] * 3))
    return affine


@settings(max_examples=60, deadline=None)
@given(
    affines(),
    st.tuples(*[st.integers(1, 7)] * 3),
    st.sampled_from([(1, 0), (0, 1), (2, 2), (4, 1)]),
    st.sampled_from([nib.Nifti1Image, nib.Nifti2Image]),
    st.sampled_from([".nii", ".nii.gz"]),
)
def test_the_world_position_of_every_voxel_survives(
    affine: np.ndarray, shape: tuple[int, int, int], codes: tuple[int, int], kind: type, ending: str
) -> None:
    image = kind(np.arange(np.prod(shape), dtype=np.float32).reshape(shape), None)
    if codes[0]:
        image.header.set_sform(affine, code=codes[0])
    if codes[1]:
        image.header.set_qform(affine, code=codes[1])
    with TemporaryDirectory() as folder:
        before, after = Path(folder) / f"in{ending}", Path(folder) / f"out{ending}"
        nib.save(image, before)
        clip = read_volume(before)
        write_volume(Labels("x", (clip.frames[:, 0] % 251).byte(), clip.geometry), after)
        first, second = nib.load(before, mmap=False), nib.load(after, mmap=False)
        values, labels = (np.asarray(image.dataobj) for image in (first, second))
    assert type(second) is kind
    assert first.affine.tobytes() == second.affine.tobytes()
    for form in ("get_sform", "get_qform"):
        (old, old_code), (new, new_code) = (getattr(i.header, form)(coded=True) for i in (first, second))
        assert old_code == new_code
        assert (old is None and new is None) or old.tobytes() == new.tobytes()
    for field in FIELDS:
        assert first.header[field].tobytes() == second.header[field].tobytes()
    assert first.header["pixdim"][:4].tobytes() == second.header["pixdim"][:4].tobytes()
    assert np.array_equal(labels, values % 251)


def test_a_big_endian_file_keeps_its_affine(tmp_path: Path) -> None:
    affine = np.diag([1.5, -2, 3, 1])
    image = nib.Nifti1Image(np.zeros((2, 3, 4), ">i2"), affine, nib.Nifti1Header(endianness=">"))
    nib.save(image, tmp_path / "a.nii")
    clip = read_volume(tmp_path / "a.nii")
    write_volume(Labels("a", clip.frames[:, 0].byte(), clip.geometry), tmp_path / "b.nii")
    assert nib.load(tmp_path / "b.nii").affine.tobytes() == nib.load(tmp_path / "a.nii").affine.tobytes()


def test_slope_and_intercept_are_applied(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.full((2, 2, 2), 10, np.int16), np.eye(4))
    image.header.set_slope_inter(2, -5)
    nib.save(image, tmp_path / "a.nii.gz")
    clip = read_volume(tmp_path / "a.nii.gz")
    stored = nib.load(tmp_path / "a.nii.gz").get_fdata(dtype=np.float32)
    assert clip.frames.dtype == torch.float32
    assert np.array_equal(clip.frames[:, 0].numpy(), stored)


def test_the_label_map_is_bytes_without_scaling_or_text(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.ones((2, 3, 4), np.float32), np.eye(4))
    for field in ("descrip", "aux_file", "db_name", "intent_name"):
        image.header[field] = b"DOE^JANE"
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"DOE^JANE"))
    nib.save(image, tmp_path / "a.nii.gz")
    clip = read_volume(tmp_path / "a.nii.gz")
    write_volume(Labels("a", clip.frames[:, 0].byte(), clip.geometry), tmp_path / "b.nii.gz")
    raw = gzip.decompress((tmp_path / "b.nii.gz").read_bytes())
    header = nib.Nifti1Header(raw[:348])
    assert b"DOE" not in raw
    assert "DOE" not in str(clip.geometry)
    assert header.get_data_dtype() == np.uint8
    assert (float(header["scl_slope"]), float(header["scl_inter"]), len(raw)) == (1.0, 0.0, 352 + 24)


def test_four_dimensions_are_refused_unless_the_last_is_one(make_nifti: MakeNifti) -> None:
    with pytest.raises(FormatError, match=r"shape \(2, 3, 4, 5\)"):
        read_volume(make_nifti("a.nii.gz", np.zeros((2, 3, 4, 5), np.float32), np.eye(4)))
    single = make_nifti("b.nii.gz", np.zeros((2, 3, 4, 1), np.float32), np.eye(4))
    assert tuple(read_volume(single).frames.shape) == (4, 1, 3, 2)


def test_colour_scans_are_refused(tmp_path: Path) -> None:
    rgb = np.zeros((2, 3, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    nib.save(nib.Nifti1Image(rgb, np.eye(4)), tmp_path / "a.nii.gz")
    with pytest.raises(FormatError, match="holds RGB voxels"):
        read_volume(tmp_path / "a.nii.gz")


def test_a_header_that_promises_too_much_is_refused_before_reading(tmp_path: Path) -> None:
    header = nib.Nifti1Header()
    header.set_data_shape((32767, 32767, 32767))
    header.set_sform(np.eye(4), 1)
    (tmp_path / "a.nii").write_bytes(header.binaryblock + bytes(100))
    with pytest.raises(FormatError, match=r"GiB, above the limit of 8\.0 GiB"):
        read_volume(tmp_path / "a.nii")


def test_the_limit_can_be_set(make_nifti: MakeNifti) -> None:
    path = make_nifti("a.nii.gz", np.zeros((10, 10, 10), np.uint8), np.eye(4))
    with pytest.raises(FormatError, match="above the limit"):
        read_volume(path, max_bytes=3999)
    assert read_volume(path, max_bytes=4000).length == 10


@pytest.mark.parametrize("keep", [0, 10, 200, 700])
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_a_truncated_scan_is_refused(make_nifti: MakeNifti, tmp_path: Path, keep: int, ending: str) -> None:
    noise = np.random.default_rng(0).normal(size=(9, 9, 9)).astype(np.float32)
    whole = make_nifti(f"w{ending}", noise, np.eye(4))
    (tmp_path / f"cut{ending}").write_bytes(whole.read_bytes()[:keep])
    with pytest.raises(FormatError, match="cut"):
        read_volume(tmp_path / f"cut{ending}")


@pytest.mark.parametrize("content", [b"hello", bytes(1000), b"\x89PNG\r\n\x1a\n" + bytes(500)])
def test_what_is_no_nifti_is_refused(tmp_path: Path, content: bytes) -> None:
    for path, data in ((tmp_path / "a.nii", content), (tmp_path / "a.nii.gz", gzip.compress(content))):
        path.write_bytes(data)
        with pytest.raises(FormatError, match="NIfTI"):
            read_volume(path)


KINDS = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8")
SCALES = ((np.nan, np.nan), (1.0, 0.0), (1.0, -1024.0), (0.1, 0.0), (3e-5, 7.25), (-2.0, 1e6))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_values_are_nibabel_s_to_the_bit_in_every_type_scale_and_byte_order(
    tmp_path: Path, kind: str, order: str, ending: str
) -> None:
    rng = np.random.default_rng(len(kind) + ord(order))
    for number, (slope, inter) in enumerate(SCALES):
        for form in (nib.Nifti1Header, nib.Nifti2Header):
            header = form(endianness=order)
            header.set_data_shape((7, 5, 3))
            header.set_data_dtype(np.dtype(kind))
            header["scl_slope"], header["scl_inter"] = slope, inter
            header.set_sform(np.eye(4), 1)
            size = 105 * np.dtype(kind).itemsize
            values = (rng.normal(0, 1e3, 105) * (1 if "f" in kind else 1e3)).astype(np.dtype(kind))
            path = tmp_path / f"{number}{form.sizeof_hdr}{ending}"
            header["vox_offset"] = header.single_vox_offset + 32
            note = np.dtype(f"{order}i4")
            extension = bytes([1, 0, 0, 0]) + np.array([32, 6], note).tobytes() + b"a comment".ljust(24)
            raw = header.binaryblock + extension + values.astype(f"{order}{kind}").tobytes()
            assert len(raw) == header.sizeof_hdr + 4 + 32 + size
            path.write_bytes(gzip.compress(raw) if ending == ".nii.gz" else raw)
            theirs = nib.load(path, mmap=False).get_fdata(dtype=np.float32).transpose(2, 1, 0)
            assert read_volume(path).frames[:, 0].numpy().tobytes() == theirs.tobytes()


def packed(folder: Path, extra: bytes = b"") -> tuple[Path, np.ndarray]:
    """A scan of noise, gzipped with `extra` after its voxels."""
    noise = np.random.default_rng(0).normal(size=(9, 9, 9)).astype(np.float32)
    raw = nib.Nifti1Image(noise, np.eye(4)).to_bytes() + extra
    (folder / "a.nii.gz").write_bytes(gzip.compress(raw))
    return folder / "a.nii.gz", noise


def test_a_file_that_inflates_far_beyond_its_header_is_refused(tmp_path: Path) -> None:
    bomb, _ = packed(tmp_path, bytes(40_000_000))
    assert bomb.stat().st_size < 50_000
    with pytest.raises(FormatError, match=r"goes on after the 2916 bytes of voxels .* Is the header right"):
        read_volume(bomb)


def test_a_little_padding_after_the_voxels_is_no_fault(tmp_path: Path) -> None:
    path, noise = packed(tmp_path, bytes(1000))
    assert np.array_equal(read_volume(path).frames[:, 0].numpy(), noise.transpose(2, 1, 0))


@pytest.mark.parametrize("place", [-1, -5, -7, -500])
def test_a_scan_whose_checksum_does_not_hold_is_refused(tmp_path: Path, place: int) -> None:
    path, _ = packed(tmp_path)
    spoilt = bytearray(path.read_bytes())
    spoilt[place] ^= 0x10
    path.write_bytes(spoilt)
    with pytest.raises(FormatError, match=r"a\.nii\.gz cannot be read as a .*NIfTI scan .* damaged"):
        read_volume(path)


def test_a_scan_cut_off_in_its_last_byte_is_refused(tmp_path: Path) -> None:
    path, _ = packed(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FormatError, match="damaged"):
        read_volume(path)


def test_a_promise_that_so_small_a_file_cannot_keep_is_refused_before_allocation(tmp_path: Path) -> None:
    header = nib.Nifti1Header()
    header.set_data_shape((1000, 1000, 2000))
    header.set_data_dtype(np.uint8)
    header.set_sform(np.eye(4), 1)
    header["vox_offset"] = 352
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(header.binaryblock + bytes(1000)))
    with pytest.raises(FormatError, match="cannot hold the 2000000000 bytes"):
        read_volume(tmp_path / "a.nii.gz")


def test_a_header_whose_voxels_are_in_another_file_is_refused(tmp_path: Path) -> None:
    header = nib.nifti1.Nifti1PairHeader()
    header.set_data_shape((2, 2, 2))
    header.set_sform(np.eye(4), 1)
    (tmp_path / "a.nii").write_bytes(header.binaryblock + bytes(100))
    with pytest.raises(FormatError, match="keeps its voxels in another file"):
        read_volume(tmp_path / "a.nii")


def test_a_voxel_of_no_size_is_refused_in_one_line(
    make_nifti: MakeNifti, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    raw = bytearray(make_nifti("a.nii", np.zeros((2, 2, 2), np.int16), np.eye(4), sform=0).read_bytes())
    raw[80:84] = bytes(4)  # pixdim[1]: nibabel would make 1 mm of it, and print so
    (tmp_path / "b.nii").write_bytes(raw)
    with pytest.raises(GeometryError, match="neither its sform nor its qform"):
        read_volume(tmp_path / "b.nii")
    assert capfd.readouterr().err == ""
