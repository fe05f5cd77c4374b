import pytest

from segmem.core.errors import InputError
from segmem.io.within import require_within


def test_what_is_inside_passes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "link").symlink_to(tmp_path / "b")
    require_within(tmp_path, [tmp_path / "a" / "link", tmp_path / "a" / ".." / "c"])


def test_links_and_dots_that_lead_out_are_refused(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(InputError, match="is a link that leads out of"):
        require_within(root, [root / "link" / "x"])
    with pytest.raises(InputError, match=r"x leads out of"):
        require_within(root, [root / ".." / "x"])
