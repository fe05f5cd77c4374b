import gzip

from segmem.core.errors import FormatError, GeometryError, MissingExtraError
from segmem.doctor.reading import ends_early, reason, refused, unreadable


def test_what_no_reader_need_be_asked_about_is_named(tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "page.png").write_text("<html>not found</html>")
    (tmp_path / "link.png").symlink_to(tmp_path / "gone.png")
    expected = {
        "empty.png": "file-empty",
        "page.png": "file-text",
        "none.png": "path-missing",
        "link.png": "path-missing",
        "empty.png/in.png": "path-denied",
    }
    for name, code in expected.items():
        found = unreadable(tmp_path / name, name)
        assert found is not None, name
        assert found.code == code


def test_a_readable_file_is_left_to_its_reader(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\x00")
    assert unreadable(tmp_path / "a.png", "a.png") is None


def test_a_readers_error_becomes_a_finding_of_its_kind(tmp_path):
    path = tmp_path / "a.nrrd"
    path.write_bytes(b"x")
    for error, code in [
        (FormatError(f"{path} ends after 3 of 9 bytes."), "file-truncated"),
        (FormatError(f"{path}: 9 GiB, above the limit of 8 GiB."), "file-too-big"),
        (FormatError(f"{path} is odd."), "file-refused"),
        (FormatError(f"{path} has shape (2, 2, 2, 9). Save one volume of it."), "scan-4d"),
        (GeometryError(f"{path}: its directions are singular."), "scan-no-place"),
        (MissingExtraError("Install it."), "extra-missing"),
    ]:
        assert refused(error, path, "a.nrrd").code == code


def test_a_reason_does_not_repeat_the_path(tmp_path):
    path = tmp_path / "a.png"
    assert reason(FormatError(f"{path}: it is\n odd."), path) == "it is odd."


def test_a_compressed_file_that_breaks_off_is_known(tmp_path):
    whole = gzip.compress(bytes(range(256)) * 999)
    (tmp_path / "whole.gz").write_bytes(whole)
    (tmp_path / "cut.gz").write_bytes(whole[:-100])
    (tmp_path / "no.gz").write_bytes(b"no gzip")
    found = [ends_early(tmp_path / name) for name in ("whole.gz", "cut.gz", "no.gz", "x.png")]
    assert found == [False, True, False, False]
