"""Reading scans, folders of pictures and videos beside nibabel, Pillow, OpenCV and PyAV, in turns in one run.

    python benchmarks/loading.py --data ../shared/data --out loading.json [--threads 1 2] [--repeat 7]

The scan is 512x512x300 int16, the voxels of a real CT end to end; pictures are frames of a surgical video enlarged to
1080p, as JPEG and PNG; the video is that one. Everyone ends with the same thing: float32 voxels; bytes (3, 180, 320)
of each picture; RGB frames of the video. Columns: see `interleaved.py`. Processor time does not mind a busy machine;
`cpu_s` has the kernel's part, which is mostly to find pages for large arrays, and varies; `user_s` has not.
"""

import argparse
import gzip
import json
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from interleaved import OURS, Readers, compare
from loading_pictures import pictures
from segmem.io.video import VideoFile
from segmem.io.volume import read_volume


def scans(data: Path, folder: Path, repeat: int) -> dict[str, Any]:
    import nibabel as nib

    real = nib.load(data / "ct_liver_lits/images/lits117.nii.gz")
    voxels = np.resize(np.asarray(real.dataobj).ravel(order="F"), 512 * 512 * 300)
    image = nib.Nifti1Image(voxels.reshape((512, 512, 300), order="F"), np.diag([-0.8, -0.8, 1, 1]))
    image.header.set_data_dtype(np.int16)
    found = {}
    for name, factors in {"nii.gz": (1, 0), "nii.gz, scaled": (0.5, -1024)}.items():
        image.header.set_slope_inter(*factors)
        header = image.header.copy()
        header["vox_offset"], header["magic"] = 352, b"n+1"
        header["scl_slope"], header["scl_inter"] = factors
        path = folder / f"{len(found)}.nii.gz"
        path.write_bytes(gzip.compress(header.binaryblock + bytes(4) + voxels.tobytes(), 6))
        print(f"  {name}: {path.stat().st_size / 1e6:.0f} MB for {voxels.nbytes / 1e6:.0f} MB of voxels")
        same = nib.load(path).get_fdata(dtype=np.float32).T[:, ::-1, ::-1]
        assert np.array_equal(read_volume(path).frames[:, 0].numpy(), same)
        readers: Readers = {
            OURS: partial(read_volume, path),
            "nibabel, get_fdata": partial(_nibabel, path, np.float64),
            "nibabel, get_fdata(float32)": partial(_nibabel, path, np.float32),
            "nibabel, as stored": partial(_nibabel, path, None),
        }
        found[name] = compare(readers, {"mb": voxels.nbytes / 1e6}, repeat)
    return found


def _nibabel(path: Path, dtype: Any) -> object:
    import nibabel as nib

    image: Any = nib.load(path)
    return np.asarray(image.dataobj) if dtype is None else image.get_fdata(dtype=dtype)


def videos(data: Path, repeat: int, frames: int = 100) -> dict[str, Any]:
    path = data / "video_endovis15_robotic/dataset1/video.avi"
    print(f"  the first {frames} frames of {path.name}")
    readers: Readers = {
        OURS: lambda: [None for _ in islice(VideoFile(path), frames)],
        "PyAV, one thread": lambda: [None for _ in islice(_pyav_frames(path), frames)],
        "OpenCV, one thread": lambda: [None for _ in islice(_opencv_frames(path), frames)],
    }
    return {path.suffix[1:]: compare(readers, {"frames": frames}, repeat)}


def _pyav_frames(path: Path) -> Iterator[object]:
    import av

    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def _opencv_frames(path: Path) -> Iterator[object]:
    import cv2

    film: Any = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    while (read := film.read())[0]:
        yield cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        print("scans", flush=True)
        found["scans"] = scans(options.data, Path(name), options.repeat)
        print("pictures")
        found["pictures"] = {}
        for threads in options.threads:
            found["pictures"] |= pictures(options.data, Path(name), options.repeat, threads)
        print("videos")
        found["videos"] = videos(options.data, options.repeat)
    if options.out:
        options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
