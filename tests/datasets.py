"""Small datasets in the layouts of the field, built to their published descriptions."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import av
import nibabel as nib
import numpy as np
from PIL import Image

from footage import pictures
from labelled import SIZE, square, write_mask

OBLIQUE = np.array([[-0.9, 0.1, 0.05, 12.5], [0.12, 1.1, -0.2, -7.25], [0.02, 0.3, 2.9, 3.0], [0, 0, 0, 1.0]])
SHAPE = (20, 24, 5)


def voxels(seed: int = 0, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.random.default_rng(seed).integers(100, 900, shape, dtype=np.int16)


def organs(values: Sequence[int] = (1, 2), shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """A label map with a block of each value."""
    truth = np.zeros(shape, np.uint8)
    for place, value in enumerate(values):
        truth[2 + 4 * place : 5 + 4 * place, 6:14, 1:4] = value
    return truth


def save(path: Path, array: np.ndarray, affine: np.ndarray = OBLIQUE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(array, affine), path)
    return path


def write_json(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def write_nnunet(
    root: Path,
    names: Sequence[str] = ("la_003", "la_004"),
    channels: Sequence[str] = ("MR",),
    labels: Mapping[str, object] | None = None,
    values: Sequence[int] = (1, 2),
) -> Path:
    """nnU-Net raw v2 of scans: a file for each channel."""
    for seed, name in enumerate(names):
        for channel in range(len(channels)):
            save(root / "imagesTr" / f"{name}_{channel:04d}.nii.gz", voxels(10 * seed + channel))
        save(root / "labelsTr" / f"{name}.nii.gz", organs(values))
    write_json(
        root / "dataset.json",
        {
            "channel_names": {str(index): name for index, name in enumerate(channels)},
            "labels": labels or {"background": 0, "atrium": 1, "wall": 2},
            "numTraining": len(names),
            "file_ending": ".nii.gz",
        },
    )
    return root


def write_decathlon(
    root: Path, names: Sequence[str] = ("BRATS_001",), modalities: Sequence[str] = ("CT",)
) -> Path:
    """One file for all modalities, listed in dataset.json."""
    several = len(modalities) > 1
    for seed, name in enumerate(names):
        save(
            root / "imagesTr" / f"{name}.nii.gz",
            voxels(seed, (*SHAPE, len(modalities)) if several else SHAPE),
        )
        save(root / "labelsTr" / f"{name}.nii.gz", organs())
    write_json(
        root / "dataset.json",
        {
            "name": "X",
            "tensorImageSize": "4D" if several else "3D",
            "modality": {str(index): name for index, name in enumerate(modalities)},
            "labels": {"0": "background", "1": "edema", "2": "tumour"},
            "numTraining": len(names),
            "training": [
                {"image": f"./imagesTr/{name}.nii.gz", "label": f"./labelsTr/{name}.nii.gz"} for name in names
            ],
            "test": [],
        },
    )
    return root


def write_acdc(root: Path, patients: Sequence[int] = (1, 2), es: int = 12) -> Path:
    """Patients with the whole cycle, two labelled frames and Info.cfg."""
    for number in patients:
        folder = root / f"patient{number:03d}"
        for frame in (1, es):
            stem = f"{folder.name}_frame{frame:02d}"
            save(folder / f"{stem}.nii.gz", voxels(number + frame))
            save(folder / f"{stem}_gt.nii.gz", organs((1, 2, 3)))
        save(folder / f"{folder.name}_4d.nii.gz", voxels(number, (*SHAPE, 3)))
        info = f"ED: 1\nES: {es}\nGroup: DCM\nHeight: 184.0\nNbFrame: 30\nWeight: 95.0\n"
        (folder / "Info.cfg").write_text(info)
    return root


def write_btcv(root: Path, numbers: Sequence[int] = (1, 2)) -> Path:
    for number in numbers:
        save(root / "img" / f"img{number:04d}.nii.gz", voxels(number))
        save(root / "label" / f"label{number:04d}.nii.gz", organs((6, 13)))
    return root


def write_frames(folder: Path, count: int, ending: str = ".jpg") -> list[np.ndarray]:
    """Numbered pictures from 00000 on."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = pictures(count, SIZE)
    for index, picture in enumerate(drawn):
        Image.fromarray(picture).save(folder / f"{index:05d}{ending}")
    return drawn


def write_palette_mask(path: Path, values: np.ndarray) -> Path:
    """Object numbers as the indices of a palette picture, as DAVIS 2017 saves them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(values.astype(np.uint8))
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    image.save(path)
    return path


def write_davis(
    root: Path, sequences: Sequence[str] = ("bear", "dogs"), labelled: Sequence[int] = (0, 1, 2)
) -> Path:
    for name in sequences:
        write_frames(root / "JPEGImages" / "480p" / name, 3)
        for index in labelled:
            write_palette_mask(
                root / "Annotations" / "480p" / name / f"{index:05d}.png", square(1 + index % 2)
            )
    return root


def write_medbank(root: Path, lists: Mapping[str, Sequence[str]]) -> Path:
    """List to its pictures, as `Liver_CT_01/image/case_3_slice_001.png`."""
    for name, lines in lists.items():
        for line in lines:
            picture = root / line
            picture.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pictures(1, SIZE, len(line))[0]).save(picture)
            mask = picture.parent.parent / "mask" / picture.name
            mask.parent.mkdir(parents=True, exist_ok=True)
            write_mask(mask, square(255))
        (root / name).write_text("".join(f"./{line}\n" for line in lines))
    return root


def write_grey_video(path: Path, greys: Sequence[np.ndarray]) -> Path:
    """A mask video, compressed as a mask video is: its values come back blurred."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.height, stream.width = greys[0].shape
        stream.pix_fmt = "yuv420p"
        stream.options = {"q": "3"}
        for grey in greys:
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(np.repeat(grey[..., None], 3, 2), format="rgb24"))
            )
        container.mux(stream.encode(None))
    return path
