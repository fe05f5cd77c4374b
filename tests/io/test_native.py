import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segmem.io.images import image_size, opened, read_rgb
from segmem.io.native import native_rgb, orientation

WAYS = {
    "plain": {"quality": 90},
    "fine": {"quality": 95, "subsampling": 0},
    "half": {"subsampling": 1},
    "progressive": {"progressive": True},
    "rgb": {"keep_rgb": True},
    "restarts": {"restart_marker_blocks": 3},
}


def picture(mode: str = "RGB", size: tuple[int, int] = (83, 61)) -> Image.Image:
    """Smooth colours and some noise."""
    rng = np.random.default_rng(3)
    small = Image.fromarray(rng.integers(0, 255, (7, 9, 3), dtype=np.uint8)).resize(
        size, Image.Resampling.BICUBIC
    )
    noisy = np.asarray(small).astype(np.int16) + rng.integers(-9, 9, (size[1], size[0], 3))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).convert(mode)


def pillow(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def natively(path: Path) -> np.ndarray | None:
    with opened(path) as image:
        return native_rgb(path, image)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_every_kind_of_jpeg_has_pillow_s_pixels(tmp_path: Path, way: str, mode: str) -> None:
    path = tmp_path / "a.jpg"
    picture(mode).save(path, **WAYS[way])
    pixels = natively(path)
    assert pixels is not None
    assert np.array_equal(pixels, pillow(path))


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_plain_pngs_have_pillow_s_pixels(tmp_path: Path, mode: str) -> None:
    picture(mode).save(tmp_path / "a.png")
    pixels = natively(tmp_path / "a.png")
    assert pixels is not None
    assert np.array_equal(pixels, np.asarray(picture(mode).convert("RGB")))


def test_a_transparent_colour_is_a_colour(tmp_path: Path) -> None:
    shown = picture()
    shown.save(tmp_path / "a.png", transparency=shown.getpixel((5, 5)))
    assert np.array_equal(read_rgb(tmp_path / "a.png"), np.asarray(shown))


@pytest.mark.parametrize(
    ("name", "mode"), [("a.jpg", "CMYK"), ("a.png", "RGBA"), ("a.png", "P"), ("a.bmp", "RGB")]
)
def test_the_rest_is_left_to_pillow(tmp_path: Path, name: str, mode: str) -> None:
    picture(mode).save(tmp_path / name)
    assert natively(tmp_path / name) is None
    assert np.array_equal(read_rgb(tmp_path / name), pillow(tmp_path / name))


def test_sixteen_bits_a_colour_are_left_to_pillow(tmp_path: Path) -> None:
    rows = np.full((2, 3, 3), 0x1234, ">u2")
    (tmp_path / "a.png").write_bytes(png(rows.tobytes(), 3, 2, depth=16))
    assert natively(tmp_path / "a.png") is None
    assert (read_rgb(tmp_path / "a.png") == 0x12).all()


def test_a_damaged_jpeg_reads_or_fails_as_pillow_does(tmp_path: Path) -> None:
    stream, path = io.BytesIO(), tmp_path / "a.jpg"
    picture().save(stream, "JPEG")
    whole, rng = stream.getvalue(), np.random.default_rng(0)
    outcomes = set()
    for _ in range(60):
        spoilt = bytearray(whole)
        spoilt[int(rng.integers(2, len(whole)))] ^= 1 << int(rng.integers(8))
        path.write_bytes(spoilt[: int(rng.integers(100, len(whole) + 1))] if rng.random() < 0.3 else spoilt)
        try:
            expected = pillow(path)
        except OSError:
            expected = None
        with Image.open(path) if expected is not None else io.BytesIO() as image:
            found = native_rgb(path, image) if isinstance(image, Image.Image) else None
        outcomes.add(expected is None)
        assert found is None or np.array_equal(found, expected)
    assert outcomes == {True, False}


def png(rows: bytes, width: int, height: int, depth: int = 8, early: bytes = b"", late: bytes = b"") -> bytes:
    """A PNG of `rows`, with chunks before and behind its pixels."""
    step = len(rows) // height
    filtered = b"".join(b"\0" + rows[i * step : (i + 1) * step] for i in range(height))
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + early + chunk(b"IDAT", zlib.compress(filtered)) + late
    return b"\x89PNG\r\n\x1a\n" + chunks + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize("where", ["early", "late"])
def test_an_orientation_before_or_behind_the_pixels_is_heard(tmp_path: Path, where: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    said = {where: chunk(b"eXIf", exif.tobytes()[6:])}
    (tmp_path / "a.png").write_bytes(png(bytes(range(18)), 3, 2, **said))
    assert image_size(tmp_path / "a.png") == (3, 2)
    assert read_rgb(tmp_path / "a.png").shape == (3, 2, 3)


def test_the_size_of_a_plain_png_is_known_without_its_pixels(tmp_path: Path) -> None:
    picture().save(tmp_path / "a.png")
    with opened(tmp_path / "a.png") as image:
        assert orientation(tmp_path / "a.png", image) == 1
        assert image.fp is not None, "Pillow closes the file once the pixels are loaded"
