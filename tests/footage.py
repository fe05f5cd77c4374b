"""Videos, pictures and scans drawn on the spot, small enough for a test."""

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
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width = size
        stream.pix_fmt = "bgr0"
        for index, picture in enumerate(pictures(count, size, seed)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
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
