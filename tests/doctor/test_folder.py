from pathlib import Path

from dicom_made import ramp, write_series
from footage import write_picture
from labelled import write_images
from segmem.doctor.folder import Asked, examine
from sick import codes, of


def test_an_empty_folder_and_one_without_known_files_are_faults(tmp_path):
    assert codes(examine(tmp_path, Asked())[1].findings) == {"folder-empty"}
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "a.xyz").write_bytes(b"\x00")
    assert ".xyz" in of(examine(tmp_path, Asked())[1].findings, "folder-empty").what


def test_a_folder_in_a_known_layout_is_a_dataset(tmp_path):
    write_images(tmp_path, ["a"], value=3)
    kind, found = examine(tmp_path, Asked(("background", "tool")))
    assert kind == "a dataset"
    assert "label-outside" in codes(found.findings)


def test_a_folder_of_loose_files_tells_of_each(tmp_path):
    write_picture(tmp_path / "a.png")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "b.png").write_bytes(b"")
    _, found = examine(tmp_path, Asked())
    assert of(found.findings, "file-empty").where == str(Path("deeper") / "b.png")
    assert found.facts["a picture"] == 2


def test_a_link_that_leads_out_is_not_followed(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    write_picture(root / "a.png")
    (tmp_path / "secret.png").write_bytes(b"")
    (root / "out.png").symlink_to(tmp_path / "secret.png")
    assert codes(examine(root, Asked())[1].findings) == {"link-leaves-folder"}


def test_files_beside_dicom_are_looked_at_too(tmp_path):
    write_series(tmp_path, ramp(2))
    (tmp_path / "b.png").write_bytes(b"")
    kind, found = examine(tmp_path, Asked())
    assert kind == "a DICOM scan beside other files"
    assert codes(found.findings) == {"dicom-names-patient", "file-empty"}
