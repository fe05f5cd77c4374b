import pytest

from segmem.io.address import file_name, is_url, shown


@pytest.mark.parametrize("source", ["rtsp://cam/1", "https://x.org/a.m3u8", "udp://127.0.0.1:5000"])
def test_an_address_is_known_by_its_scheme(source):
    assert is_url(source)


@pytest.mark.parametrize("source", ["video.avi", "0", "file:///etc/passwd", "C://x", "rtsp://", "concat:a|b"])
def test_anything_else_is_a_file(source):
    assert not is_url(source)


def test_user_password_and_query_are_never_shown():
    url = "rtsp://surgeon:secret@theatre.local:554/cam/2?token=abc"
    assert shown(url) == "rtsp://theatre.local:554/cam/2"
    assert file_name(url) == "theatre.local_554_cam_2"
    assert file_name("udp://") == "stream"
