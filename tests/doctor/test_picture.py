import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from footage import pictures, write_picture
from labelled import square
from segmem.doctor.picture import examine, is_picture, mask_values
from sick import codes, of

GREY = np.arange(64, dtype=np.uint8).reshape(8, 8)


def saved(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path


def test_a_plain_picture_has_facts_and_no_finding(tmp_path):
    facts, found = examine(write_picture(tmp_path / "a.png"), "a.png")
    assert found == []
    assert facts == {"format": "PNG", "size": [90, 60], "mode": "RGB"}


def test_what_reading_changes_is_noted(tmp_path):
    deep = saved(tmp_path / "deep.png", GREY.astype(np.uint16) * 900)
    alpha = saved(tmp_path / "alpha.png", np.dstack([GREY] * 4))
    assert codes(examine(deep, "a").findings) == {"image-16bit"}
    assert codes(examine(alpha, "a").findings) == {"image-alpha"}


def test_a_turned_camera_is_noted(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / "a.jpg", GREY, exif=exif)
    assert "orientation is 6" in of(examine(path, "a").findings, "image-rotated").what


def test_what_cannot_be_read_is_a_fault_with_its_reason(tmp_path):
    pages = tmp_path / "pages.tif"
    Image.fromarray(GREY).save(pages, save_all=True, append_images=[Image.fromarray(GREY)])
    assert "2 pages" in of(examine(pages, "a").findings, "image-pages").what
    depth = saved(tmp_path / "float.tif", GREY.astype(np.float32))
    assert codes(examine(depth, "a").findings) == {"image-float"}


def test_a_picture_of_one_colour_is_a_warning(tmp_path):
    path = saved(tmp_path / "a.png", np.full((8, 8, 3), 9, np.uint8))
    assert "(9, 9, 9)" in of(examine(path, "a").findings, "image-constant").what


def test_a_picture_cut_short_is_told_so(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(pictures(1)[0]).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    assert codes(examine(path, "a").findings) == {"file-truncated"}


@pytest.mark.parametrize("side", [15000, 60000])
def test_a_header_that_claims_too_many_pixels_is_told_before_anything_is_allocated(tmp_path, side):
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    body = b"IDAT" + zlib.compress(b"")
    (tmp_path / "a.png").write_bytes(
        data + struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    )
    assert codes(examine(tmp_path / "a.png", "a").findings) == {"file-too-big"}


def test_a_mask_is_known_by_its_folder_or_by_its_palette(tmp_path):
    (tmp_path / "masks").mkdir()
    path = saved(tmp_path / "masks" / "a.png", square(255))
    assert codes(examine(path, "a").findings) == {"label-255"}
    image = Image.fromarray(square(0))
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.save(tmp_path / "b.png")
    assert codes(examine(tmp_path / "b.png", "b").findings) == {"label-empty"}


def test_a_mask_in_colour_is_a_fault_with_its_colours(tmp_path):
    colours = np.zeros((8, 8, 3), np.uint8)
    colours[:2] = (255, 0, 0)
    path = saved(tmp_path / "a_mask.png", colours)
    found = of(examine(path, "a").findings, "label-colour").what
    assert "#ff0000 (16 pixels)" in found
    assert "#000000 (48 pixels)" in found


def test_grey_saved_as_colour_is_grey(tmp_path):
    path = saved(tmp_path / "a_mask.png", np.dstack([square(2)] * 3))
    assert examine(path, "a").findings == []
    assert mask_values(path).shape == square().shape


def test_a_picture_is_known_whatever_it_is_called(tmp_path):
    write_picture(tmp_path / "a.png").rename(tmp_path / "a.dat")
    assert is_picture(tmp_path / "a.dat")
    (tmp_path / "b.dat").write_bytes(b"\x00\x01")
    assert not is_picture(tmp_path / "b.dat")


def test_a_name_in_a_pictures_file_is_found_and_never_told(tmp_path):
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("PatientName", "Doe, Jane")
    png = saved(tmp_path / "a.png", GREY, pnginfo=info)
    exif = Image.Exif()
    exif[0x010E] = "DOE^JANE"
    jpg = saved(tmp_path / "a.jpg", GREY, exif=exif)
    for path, where in ((png, "PatientName"), (jpg, "ImageDescription")):
        found = examine(path, path.name).findings
        assert where in of(found, "image-names-patient").what
        assert "jane" not in str(found).lower()
