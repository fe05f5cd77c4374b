import pytest

from datasets import write_json
from segmem.core.errors import FormatError
from segmem.data.class_names import read_class_names, write_class_names


def test_names_come_back(tmp_path):
    write_class_names(tmp_path, {0: "background", 255: "polyp"})
    assert read_class_names(tmp_path) == {0: "background", 255: "polyp"}


def test_without_a_file_there_are_none(tmp_path):
    assert read_class_names(tmp_path) == {}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (["a"], "are written"),
        ({"a": 256}, "from 0 to 255"),
        ({"a": True}, "are written"),
        ({"a": 1, "b": 1}, "one value"),
    ],
)
def test_other_content_is_refused(tmp_path, content, told):
    write_json(tmp_path / "classes.json", content)
    with pytest.raises(FormatError, match=told):
        read_class_names(tmp_path)
