"""A NIfTI with its header corrected; voxels keep their bytes unless they are labels to be cast."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np

from segmem.core.errors import FormatError
from segmem.doctor import grids, header_text, label_values, nifti_forms
from segmem.io.formats import suffix
from segmem.io.nifti_affine import forms
from segmem.io.volume import MAX_BYTES, read_array

PLACE = (
    *("sform_code", "qform_code", "srow_x", "srow_y", "srow_z", "xyzt_units", "quatern_b", "quatern_c"),
    *("quatern_d", "qoffset_x", "qoffset_y", "qoffset_z"),
)
_TEXTS = {header_text.NAMES.code, header_text.TEXT.code}
_LABELS = {label_values.FLOATS.code, label_values.FOREGROUND_255.code}


def mend(source: Path, target: Path, codes: set[str], root: Path) -> list[str]:
    """Write the copy; what was changed, in words.

    Args:
        codes: of the findings to mend.
        root: of the dataset, where the image of a label map is looked for.

    Raises:
        FormatError: it cannot be read, or is larger than any scan should be.
    """
    raw = _bytes(source)
    header = _header(raw)
    start = int(header["vox_offset"]) or len(header.binaryblock) + 4
    between, voxels = raw[len(header.binaryblock) : start], raw[start:]
    done = []
    if nifti_forms.SFORM_SINGULAR.code in codes:
        header.set_sform(forms(header)[1], code=int(header["qform_code"]))
        done.append("the sform became the qform")
    if grids.NOISE.code in codes and (image := grids.image_of(source, root)) is not None:
        _take_place(header, nifti_forms.header_of(image))
        done.append(f"the affine became that of {image.name}")
    if codes & _TEXTS:
        for name in header_text.NIFTI_FIELDS:
            if name in header:
                header[name] = b""
        between = bytes(len(between))  # extensions: the mark and what they held
        done.append("texts and extensions are blank")
    if codes & _LABELS:
        voxels, told = _as_labels(source, header)
        done.append(told)
    _write(target, source, header.binaryblock + between + voxels)
    return done


def _bytes(path: Path) -> bytes:
    try:
        with gzip.open(path) if suffix(path).endswith(".gz") else path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, EOFError) as why:
        raise FormatError(f"{path} cannot be read ({why}). Copy it again.") from None
    if len(raw) > MAX_BYTES:
        raise FormatError(f"{path} is above the limit of {MAX_BYTES / 1024**3:.1f} GiB.")
    return raw


def _header(raw: bytes) -> Any:
    import nibabel as nib

    size = int.from_bytes(raw[:4], "little")
    second = size in {540, int.from_bytes((540).to_bytes(4, "little"), "big")}
    form: Any = nib.Nifti2Header if second else nib.Nifti1Header
    return form(raw[: 540 if second else 348], check=False)


def _take_place(header: Any, image: Any) -> None:
    if image is None:
        return
    for name in PLACE:
        header[name] = image[name]
    header["pixdim"][:4] = image["pixdim"][:4]


def _as_labels(source: Path, header: Any) -> tuple[bytes, str]:
    values, _ = read_array(source)
    labels = values.astype(np.uint8)
    foreground = set(np.unique(labels).tolist()) <= {0, 255}
    count = int((labels == 255).sum())
    if foreground:
        labels[labels == 255] = 1
    header.set_data_dtype(np.uint8)
    header["scl_slope"], header["scl_inter"] = 1, 0
    told = f"the values were {values.dtype} and are uint8"
    if foreground and count:
        told = f"255 became 1 ({count} voxels), as --label-map 255=1 does"
    return labels.tobytes(order="F"), told


def _write(target: Path, source: Path, content: bytes) -> None:
    packed = suffix(source).endswith(".gz")
    target.write_bytes(gzip.compress(content, 5, mtime=0) if packed else content)
