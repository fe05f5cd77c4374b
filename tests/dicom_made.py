"""DICOM series made for tests, to the standard and without any reader or writer of ours."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, UltrasoundMultiFrameImageStorage, generate_uid

ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
PATIENT = {"PatientName": "Doe^Jane Quirin", "PatientID": "PID-4711-XYZ", "PatientBirthDate": "19610203"}
ACCESSION = "ACC9988"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def header(sop_class: str, series: str = "1", **more: Any) -> FileDataset:
    """A dataset with everything but an image; `series` says which instances belong together."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, meta.MediaStorageSOPInstanceUID
    dataset.StudyInstanceUID = generate_uid(entropy_srcs=["study"])
    dataset.SeriesInstanceUID = generate_uid(entropy_srcs=["series", series])
    dataset.FrameOfReferenceUID = generate_uid(entropy_srcs=["frame"])
    dataset.StudyID, dataset.SeriesNumber, dataset.InstanceNumber = "1", 1, 1
    dataset.StudyDate, dataset.StudyTime = "20200102", "101112"
    dataset.Manufacturer, dataset.AccessionNumber = "none", ACCESSION
    dataset.PatientSex, dataset.ReferringPhysicianName, dataset.PositionReferenceIndicator = "O", "", ""
    for name, value in {**PATIENT, **more}.items():
        setattr(dataset, name, value)
    return dataset


def pixels(
    dataset: Dataset, array: np.ndarray, photometric: str = "MONOCHROME2", frames: bool = False
) -> None:
    """Put (H, W), (H, W, 3), or with `frames` a stack of them, into a dataset."""
    shape = array.shape[1:] if frames else array.shape
    dataset.Rows, dataset.Columns = shape[:2]
    dataset.SamplesPerPixel = 3 if len(shape) == 3 else 1
    if dataset.SamplesPerPixel == 3:
        dataset.PlanarConfiguration = 0
    if frames:
        dataset.NumberOfFrames = len(array)
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated = dataset.BitsStored = 8 * array.dtype.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(array.dtype.kind == "i")
    dataset.PixelData = array.tobytes()


def positions(
    count: int, step: Sequence[float] = (0, 0, 2.5), first: Sequence[float] = (-10, -20, 30)
) -> np.ndarray:
    """(count, 3) in a row, LPS mm."""
    return np.asarray(first) + np.arange(count)[:, None] * np.asarray(step, dtype=float)


def write_series(
    folder: Path,
    volume: np.ndarray,
    places: np.ndarray | None = None,
    orientation: Sequence[float] = AXIAL,
    pixel_mm: tuple[float, float] = (0.8, 0.7),
    rescale: tuple[float, float] | None = (1.0, -1024.0),
    series: str = "1",
    numbers: Sequence[int] | None = None,
    **more: Any,
) -> list[Path]:
    """A CT series of one file a slice of `volume` (T, H, W) int16; file names and numbers run against the places.

    Args:
        places: (T, 3) ImagePositionPatient; by default 2.5 mm apart upwards.
        numbers: InstanceNumber of each; by default falling.
        more: elements of every file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    where = positions(len(volume)) if places is None else places
    written = []
    for index, (slice_, place) in enumerate(zip(volume, where, strict=True)):
        dataset = header(
            CTImageStorage, series, **{"Modality": "CT", "SeriesDescription": "Doe thin axial", **more}
        )
        dataset.InstanceNumber = len(volume) - index if numbers is None else numbers[index]
        dataset.ImagePositionPatient = [_decimal(value) for value in place]
        dataset.ImageOrientationPatient = [_decimal(value) for value in orientation]
        dataset.PixelSpacing = [_decimal(value) for value in pixel_mm]
        dataset.SliceThickness = "2.5"
        if rescale is not None:
            dataset.RescaleSlope, dataset.RescaleIntercept = rescale
        pixels(dataset, slice_, dataset.get("PhotometricInterpretation", "MONOCHROME2"))
        path = folder / f"IM{len(volume) - index:04d}_{series}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        written.append(path)
    return written


def write_multiframe(path: Path, frames: np.ndarray, photometric: str = "RGB", **more: Any) -> Path:
    """An ultrasound file of many frames (T, H, W, 3) or (T, H, W) uint8, without places."""
    dataset = header(UltrasoundMultiFrameImageStorage, path.stem, **{"Modality": "US", **more})
    pixels(dataset, frames, photometric, frames=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def write_enhanced(path: Path, volume: np.ndarray, places: np.ndarray, rescale: Sequence[float]) -> Path:
    """An enhanced CT of one file: each frame its own place and its own slope, in the order given."""
    dataset = header(
        ENHANCED_CT, path.stem, Modality="CT", ImageType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    )
    pixels(dataset, volume, frames=True)
    shared, turn, measures = Dataset(), Dataset(), Dataset()
    turn.ImageOrientationPatient = list(AXIAL)
    measures.PixelSpacing, measures.SliceThickness = [0.8, 0.7], 2.5
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = Items([turn]), Items([measures])
    dataset.SharedFunctionalGroupsSequence = Items([shared])
    each = []
    for place, slope in zip(places, rescale, strict=True):
        group, where, value = Dataset(), Dataset(), Dataset()
        where.ImagePositionPatient = [_decimal(x) for x in place]
        value.RescaleSlope, value.RescaleIntercept, value.RescaleType = slope, -5, "HU"
        group.PlanePositionSequence = Items([where])
        group.PixelValueTransformationSequence = Items([value])
        each.append(group)
    dataset.PerFrameFunctionalGroupsSequence = Items(each)
    dataset.save_as(path, enforce_file_format=True)
    return path


def ramp(count: int = 4, rows: int = 12, columns: int = 10) -> np.ndarray:
    """(count, rows, columns) int16, every value its own, the slices rising by 1000."""
    flat = np.arange(rows * columns, dtype=np.int16).reshape(rows, columns)
    return (flat + 1000 * np.arange(count, dtype=np.int16)[:, None, None]).astype(np.int16)


def _decimal(value: float) -> str:
    """A decimal string of at most 16 letters, as exact as that allows."""
    for digits in range(16, 0, -1):
        text = f"{float(value):.{digits}g}"
        if len(text) <= 16:
            return text
    raise ValueError(value)


def labelled_clip(folder: Path, **how: Any) -> tuple[Any, Any]:
    """A series of 6 slices on disk as our clip, and labels of it: 0, 3 and 7, one slice empty, one with a hole."""
    import torch

    from segmem.core import Labels
    from segmem.io.dicom.find import find_series, read_series

    write_series(folder, ramp(6, 20, 17), **how)
    (series,) = find_series(folder)
    clip = read_series(series, series.name)
    random = torch.Generator().manual_seed(0)
    frames = 3 * (torch.rand(clip.frames[:, 0].shape, generator=random) > 0.7).byte()
    frames[1] = 0
    frames[2, 3:9, 2:8] = 7
    frames[2, 5:7, 4] = 0
    return clip, Labels(clip.name, frames, clip.geometry)


def stored_labels(labels: Any) -> np.ndarray:
    """(T, H, W) of labels as the slices lie in the files, in the order of places, turned back without our code."""
    array = labels.frames.numpy()
    flips = tuple(slice(None, None, -1 if back else 1) for back in labels.geometry.flipped)
    return array[flips].transpose(np.argsort(labels.geometry.axes)).transpose(2, 1, 0)
