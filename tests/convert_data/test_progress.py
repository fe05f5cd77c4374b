import pytest

from labelled import write_images
from segmem.convert_data.label_map import label_map
from segmem.convert_data.progress import NAME, Progress, key_of, require_same
from segmem.convert_data.request import Request
from segmem.core.errors import UsageError
from segmem.data.layouts import find_labelled


def test_what_is_done_is_known_again_and_a_cut_line_is_not_believed(tmp_path):
    first = Progress(tmp_path, "k")
    first.finished("a", ["a_0", "a_1"])
    first.finished("b", ["b"])
    path = tmp_path / NAME
    path.write_text(path.read_text()[:-4])
    again = Progress(tmp_path, "k")
    assert again.done == {"a": ("a_0", "a_1")}
    again.remove()
    assert not path.exists()


def test_other_options_are_refused(tmp_path):
    require_same(tmp_path, "k")
    Progress(tmp_path, "k")
    require_same(tmp_path, "k")
    with pytest.raises(UsageError, match="was begun with other files or options"):
        require_same(tmp_path, "l")


def test_the_key_changes_with_files_and_classes(tmp_path):
    cases = find_labelled(write_images(tmp_path, ["a"]))
    request = Request(source=tmp_path, target=tmp_path / "o", to="segmem")
    maps = [label_map({}, (), written, consecutive=False) for written in (("1=a",), ("1=b",))]
    keys = {key_of(request, cases, one) for one in maps}
    (tmp_path / "masks" / "a.png").write_bytes(b"other")
    assert len(keys | {key_of(request, cases, maps[0])}) == 3
