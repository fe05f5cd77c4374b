import pydicom.pixels
import pytest

from segmem.io.dicom.syntax import VIDEO, can_decode, packed, syntax_name


@pytest.mark.parametrize("syntax", ["", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5", "1.2.3.4", *VIDEO])
def test_plain_and_run_length_and_video_can_be_unpacked(syntax):
    assert can_decode(syntax)


def test_what_no_installed_package_unpacks_is_known_before(monkeypatch):
    decoder = type("Decoder", (), {"is_available": False})
    monkeypatch.setattr(pydicom.pixels, "get_decoder", lambda _: decoder)
    assert not can_decode("1.2.840.10008.1.2.4.70")


def test_a_syntax_without_any_decoder_cannot_be_unpacked():
    assert not can_decode("1.2.840.10008.1.2.4.95")  # the JPIP family refers to a server


def test_a_syntax_has_a_name_for_people():
    assert syntax_name("1.2.840.10008.1.2.5") == "RLE Lossless"


def test_plain_pixels_are_not_packed():
    assert [packed(uid) for uid in ("", "1.2.3.4", "1.2.840.10008.1.2.1")] == [False] * 3
    assert packed("1.2.840.10008.1.2.5")
