import gzip
from pathlib import Path

import numpy as np
import pytest

from segmem.io.inflate import UNREADABLE, left, may_hold, skip, take, unpacked

CONTENT = np.random.default_rng(0).integers(0, 40, 700_000, dtype=np.uint8).tobytes()


def saved(folder: Path, name: str, content: bytes = CONTENT) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.lower().endswith(".gz") else content)
    return path


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "A.NII.GZ"])
def test_bytes_come_in_order_whether_gzipped_or_not(tmp_path: Path, name: str) -> None:
    with unpacked(saved(tmp_path, name)) as stream:
        assert take(stream, 10).tobytes() == CONTENT[:10]
        skip(stream, 300_000)
        assert take(stream, 399_000).tobytes() == CONTENT[300_010:699_010]
        assert left(stream, most=10_000) == 990


def test_a_file_of_several_gzip_members_is_one_stream(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(b"".join(gzip.compress(part) for part in (CONTENT[:100], b"", CONTENT[100:])))
    with unpacked(path) as stream:
        assert take(stream, len(CONTENT)).tobytes() == CONTENT
        assert left(stream, most=10) == 0


def test_what_is_left_is_counted_no_further_than_asked(tmp_path: Path) -> None:
    path = saved(tmp_path, "bomb.gz", bytes(50_000_000))
    with unpacked(path) as stream:
        assert 1000 < left(stream, most=1000) < 1_000_000


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_asking_for_more_than_there_is_says_how_much_there_was(tmp_path: Path, name: str) -> None:
    with unpacked(saved(tmp_path, name, b"abc")) as stream, pytest.raises(EOFError, match="after 3 of 4"):
        take(stream, 4)


@pytest.mark.parametrize("place", [-1, -6, 200])
def test_damage_is_found_by_the_time_the_end_is_seen(tmp_path: Path, place: int) -> None:
    path = saved(tmp_path, "a.gz")
    spoilt = bytearray(path.read_bytes())
    spoilt[place] ^= 0xFF
    path.write_bytes(spoilt)
    with pytest.raises(UNREADABLE), unpacked(path) as stream:
        take(stream, len(CONTENT))
        left(stream, most=10)


def test_a_promise_that_no_file_of_this_size_can_keep_is_known_beforehand(tmp_path: Path) -> None:
    zeros = saved(tmp_path, "a.gz", bytes(30_000_000))
    assert may_hold(zeros, 30_000_000)
    assert not may_hold(zeros, 60_000_000)
    plain = saved(tmp_path, "a.nii", b"abc")
    assert may_hold(plain, 3)
    assert not may_hold(plain, 4)
