"""Videos, pictures and scans drawn on the spot, small enough for a test."""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

SIZE = (60, 90)


def pictures(count: int, size: tuple[int, int] = SIZE, seed: int = 0) -> list[np.ndarray]:
    """A bright square that wanders over noise, (H, W, 3) uint8 each."""
    rng = np.random.default_rng(seed)
    ground = rng.integers(0, 120, (*size, 3), dtype=np.uint8)
    made = []
    for index in range(count):
        picture = ground.copy()
        left, top = (7 * index) % (size[1] - 20), (5 * index) % (size[0] - 20)
        picture[top : top + 20, left : left + 20] = (200, 180, 250)
        made.append(picture)
    return made


def write_video(path: Path, count: int = 6, size: tuple[int, int] = SIZE, seed: int = 0) -> Path:
    """A lossless video of `pictures` at 25 frames a second."""
    return encode(path, pictures(count, size, seed))


def encode(
    path: Path,
    shown: Sequence[np.ndarray],
    codec: str = "ffv1",
    pix_fmt: str = "bgr0",
    times: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Pictures (H, W, 3) or (H, W) uint8 as a video, shown at `times`; lossless unless another codec is named."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options or {})
        stream.height, stream.width = shown[0].shape[:2]
        stream.pix_fmt = pix_fmt
        for index, picture in enumerate(shown):
            frame = av.VideoFrame.from_ndarray(picture, format="gray" if picture.ndim == 2 else "rgb24")
            frame.pts = index if times is None else times[index]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def with_matrix(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """The display matrix of an mp4's track, written over."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44
    a, b, c, d = matrix
    data[at : at + 36] = struct.pack(">9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def write_picture(path: Path, seed: int = 0) -> Path:
    """One of `pictures`."""
    from PIL import Image

    Image.fromarray(pictures(3, seed=seed)[-1]).save(path)
    return path


def write_scan(
    path: Path, shape: tuple[int, int, int] = (30, 24, 7), affine: np.ndarray | None = None
) -> Path:
    """A ball of bright voxels as NIfTI, 1 x 1 x 3 mm unless another affine is given."""
    import nibabel as nib

    where = np.indices(shape)
    centre = (np.array(shape) / 2)[:, None, None, None]
    away = np.sqrt((((where - centre) / centre) ** 2).sum(axis=0))
    voxels = np.where(away < 0.6, 900, 100).astype(np.int16)
    nib.save(nib.Nifti1Image(voxels, np.diag([1.0, 1.0, 3.0, 1.0]) if affine is None else affine), path)
    return path
