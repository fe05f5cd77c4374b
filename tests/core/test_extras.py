import pytest

from segmem.core import extras
from segmem.core.errors import MissingExtraError


def test_what_is_lacking_is_named_with_what_brings_it(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: name if name == "here" else None)
    extras.require("Nothing", ("here",), "none")
    with pytest.raises(
        MissingExtraError, match=r"^Tea needs pot and cup, not installed here: pip install 'segmem\[tea\]'\.$"
    ):
        extras.require("Tea", ("pot", "here", "cup"), "tea")
    with pytest.raises(MissingExtraError, match=r"\. Drink water\.$"):
        extras.require("Tea", ("pot",), "tea", "Drink water.")
