import pytest

from segmem.core.errors import SurroundingsError
from segmem.io.camera import camera, network


def test_a_camera_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(SurroundingsError, match=r"camera97 cannot be opened .*Connect it"):
        camera(97)


def test_a_stream_that_nobody_sends_is_said_to_be_missing_without_its_password() -> None:
    with pytest.raises(SurroundingsError, match=r"^rtsp://127\.0\.0\.1:9/x cannot be opened") as told:
        network("rtsp://me:secret@127.0.0.1:9/x")
    assert "secret" not in str(told.value)
