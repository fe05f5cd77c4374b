from pathlib import Path

import pytest
from pydantic import ValidationError

from segmem.core.errors import UsageError
from segmem.predict.request import Request, as_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2GB", 2_000_000_000),
        ("800MB", 800_000_000),
        ("1.5 GiB", 1_610_612_736),
        ("4000000000", 4_000_000_000),
        (" 64k ", 64_000),
        ("1t", 1_000_000_000_000),
        ("512 MiB", 536_870_912),
    ],
)
def test_a_size_is_read_as_people_write_it(text, size):
    assert as_bytes(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-2GB", "0", "0.0GB", "2XB", "2,5GB", "1e9", "two", "2 GB free"])
def test_what_is_no_size_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match=r"is no size\. Write it as 2GB or 800MB"):
        as_bytes(text)


def test_a_request_holds_plain_values_and_refuses_what_cannot_be():
    assert Request(source="a", out=Path("b")).max_memory is None
    for wrong in ({"max_memory": 0}, {"threads": 0}, {"direction": "up"}):
        with pytest.raises(ValidationError):
            Request(source="a", out=Path("b"), **wrong)
