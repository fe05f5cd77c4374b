import pytest

from segmem.core.errors import FormatError
from segmem.data import dataset_json
from segmem.data.dataset_json import read_dataset_json


def test_without_a_file_there_is_nothing(tmp_path):
    assert read_dataset_json(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [("{", "is not valid JSON"), ("[1]", "one JSON object"), ("[" * 100_000, "is not valid JSON")],
)
def test_what_is_no_json_object_is_refused(tmp_path, text, told):
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(FormatError, match=told):
        read_dataset_json(tmp_path)


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset_json, "MAX_BYTES", 3)
    (tmp_path / "dataset.json").write_text("{}   ")
    with pytest.raises(FormatError, match="cannot be a list of cases"):
        read_dataset_json(tmp_path)
