import pytest

from segmem.core.errors import SurroundingsError
from segmem.io.camera import Camera


def test_a_camera_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(SurroundingsError, match=r"No camera 97: .*Connect one"):
        Camera(97)
