import pytest

from segmem.core.errors import UsageError
from segmem.predict.volume_text import as_mm3


@pytest.mark.parametrize(
    ("text", "mm3"),
    [("5ml", 5000), ("0.5 cm3", 500), ("200mm3", 200), ("200 mm^3", 200), ("1 ML", 1000), (".5cc", 500)],
)
def test_a_volume_with_its_unit_is_millimetres(text, mm3):
    assert as_mm3(text) == mm3


@pytest.mark.parametrize("text", ["5", "ml", "0ml", "-1ml", "5mm", "5 litres", "nan ml", "1e3ml"])
def test_what_is_no_volume_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match="Write it as 5ml"):
        as_mm3(text)
