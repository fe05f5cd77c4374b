"""What a report needs beside the package."""

import pytest

from segmem.core import extras
from segmem.core.errors import MissingExtraError
from segmem.report.extras import require_drawing


def test_named_where_it_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "jinja2" else name)
    with pytest.raises(
        MissingExtraError, match=r"needs jinja2, not installed here: pip install 'segmem\[eval\]'"
    ):
        require_drawing()
    monkeypatch.setattr(extras, "find_spec", lambda name: name)
    require_drawing()
