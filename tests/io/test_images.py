import struct
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from segmem.core.errors import FormatError, GeometryError, InputError
from segmem.io.images import FrameFolder, image_size, opened, read_image, read_rgb


def colours() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 255, (5, 7, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.bmp"])
def test_lossless_formats_come_back_exact(tmp_path: Path, name: str) -> None:
    Image.fromarray(colours()).save(tmp_path / name)
    clip = read_image(tmp_path / name)
    assert (clip.name, clip.geometry.kind, clip.frames.dtype) == ("a", "image", torch.uint8)
    assert np.array_equal(clip.frames[0].permute(1, 2, 0), colours())


def test_jpeg_is_read(tmp_path: Path) -> None:
    Image.new("RGB", (20, 10), (200, 10, 10)).save(tmp_path / "a.jpg")
    assert read_image(tmp_path / "a.jpg").frames[0, :, 5, 5].tolist() == pytest.approx([200, 10, 10], abs=3)


def test_exif_orientation_is_honoured(tmp_path: Path) -> None:
    image = Image.fromarray(colours())
    exif = image.getexif()
    exif[0x0112] = 6  # shown a quarter turn clockwise
    image.save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(read_rgb(tmp_path / "a.png"), np.rot90(colours(), -1))
    assert image_size(tmp_path / "a.png") == (7, 5)


def test_alpha_is_dropped_not_blended(tmp_path: Path) -> None:
    Image.fromarray(np.dstack([colours(), np.zeros((5, 7), np.uint8)])).save(tmp_path / "a.png")
    assert np.array_equal(read_rgb(tmp_path / "a.png"), colours())


def test_a_palette_is_expanded(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1]], np.uint8))
    image.putpalette([1, 2, 3, 40, 50, 60])
    image.save(tmp_path / "a.png")
    assert read_rgb(tmp_path / "a.png").tolist() == [[[1, 2, 3], [40, 50, 60]]]


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bit_grey_is_divided_by_257(tmp_path: Path, name: str) -> None:
    Image.fromarray(np.array([[0, 128, 129, 257, 65535]], np.uint16)).save(tmp_path / name)
    assert read_rgb(tmp_path / name)[0].tolist() == [[v] * 3 for v in (0, 0, 1, 1, 255)]


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((3, 3), np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(FormatError, match="floating-point"):
        read_image(tmp_path / "a.tif")


def test_several_pages_may_be_opened_where_that_is_asked(tmp_path: Path) -> None:
    page = Image.new("L", (4, 3))
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page])
    with opened(tmp_path / "a.tif", pages=True) as image:
        assert image.n_frames == 2


def test_several_pages_are_refused(tmp_path: Path) -> None:
    page = Image.fromarray(colours())
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page, page])
    with pytest.raises(FormatError, match="3 pages"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("side", [9_000, 60_000])
def test_a_header_that_promises_too_much_is_refused_before_decoding(tmp_path: Path, side: int) -> None:
    head = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT")
    with pytest.raises(FormatError, match=r"bomb\.png: its header says .* above the limit"):
        read_image(tmp_path / "bomb.png", max_bytes=100_000_000)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n\x00\x00", bytes(100)])
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(FormatError, match=r"a\.png"):
        read_image(tmp_path / "a.png")


def test_a_truncated_image_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (90, 90, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:9000])
    with pytest.raises(FormatError, match="damaged"):
        read_image(tmp_path / "a.png")


def frames(folder: Path, widths: list[int]) -> tuple[Path, ...]:
    paths = tuple(folder / f"f{index}.png" for index in range(len(widths)))
    for index, (path, width) in enumerate(zip(paths, widths, strict=True)):
        Image.new("RGB", (width, 4), (index, 0, 0)).save(path)
    return paths


@pytest.mark.parametrize("threads", [0, 2])
def test_a_folder_of_frames_is_read_lazily_from_start_on(tmp_path: Path, threads: int) -> None:
    paths = frames(tmp_path, [6] * 20)
    clip = FrameFolder(paths, "clip", start=1, threads=threads)
    assert (clip.length, clip.geometry.size, clip.geometry.kind) == (19, (4, 6), "video")
    stream = iter(clip)
    assert int(next(stream)[0, 0, 0]) == 1
    paths[18].unlink()
    assert [int(next(stream)[0, 0, 0]) for _ in range(16)] == list(range(2, 18))
    with pytest.raises(InputError, match=r"f18\.png does not exist"):
        next(stream)


def test_a_folder_left_early_leaves_no_thread(tmp_path: Path) -> None:
    stream = iter(FrameFolder(frames(tmp_path, [6] * 9), "clip", threads=2))
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    deadline = time.monotonic() + 10
    while any(thread.name.startswith("pictures") for thread in threading.enumerate()):
        assert time.monotonic() < deadline


def test_a_frame_of_another_size_is_refused_naming_both(tmp_path: Path) -> None:
    with pytest.raises(GeometryError, match=r"f1\.png is 8 x 4 pixels, f0\.png is 6 x 4"):
        list(FrameFolder(frames(tmp_path, [6, 8]), "clip"))
