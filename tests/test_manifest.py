from pathlib import Path

from segmem import manifest
from segmem.manifest import CaseRecord, Manifest, Timings, command_line, read, versions

RECORD = Manifest(
    finished=True,
    versions={"segmem": "0.1.0"},
    command=("segmem", "predict"),
    model="m",
    weights_sha256="ab",
    classes=("background", "liver"),
    device="cpu",
    precision="float32",
    threads=1,
    cases=(CaseRecord(input="s.nii", kind="volume", frames=2, size=(3, 4), output="s.nii.gz", seconds=1.0),),
    timings=Timings(total_s=1.0, frames_per_s=2.0, seconds={"decode": 1.0}, share={"decode": 1.0}),
)


def test_a_manifest_comes_back_as_it_was_written(tmp_path):
    RECORD.write(tmp_path / manifest.NAME)
    assert read(tmp_path / manifest.NAME) == RECORD
    assert [path.name for path in tmp_path.iterdir()] == [manifest.NAME]


def test_what_is_no_manifest_of_ours_reads_as_none(tmp_path):
    (tmp_path / "other.json").write_text('{"name": "somebody else\'s"}')
    (tmp_path / "broken.json").write_text("{")
    assert read(tmp_path / "other.json") is None
    assert read(tmp_path / "broken.json") is None
    assert read(tmp_path / "missing.json") is None


def test_versions_name_what_decides_the_result():
    assert {"segmem", "torch", "python"} <= versions().keys()


def test_a_home_is_not_spelled_out(monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: Path("/home/jane"))
    assert command_line(["segmem", "-i", "/home/jane/v.mp4"]) == ("segmem", "-i", "~/v.mp4")


def test_of_a_scan_s_path_only_the_name_stays():
    typed = ["segmem", "-i", "/data/DOE^JANE/t1.nii.gz", "-o", "out"]
    assert command_line(typed, hide="/data/DOE^JANE/t1.nii.gz") == ("segmem", "-i", "t1.nii.gz", "-o", "out")
    assert command_line(["--input=a/b.nii"], hide="a/b.nii") == ("--input=b.nii",)
    assert command_line(["-i", ".", "-o", "out."], hide=".") == ("-i", ".", "-o", "out.")


def test_a_path_whose_last_part_may_be_a_name_is_replaced_whole():
    assert command_line(["-i", "DOE", "-o", "out"], "DOE", "DICOM") == ("-i", "DICOM", "-o", "out")
    assert command_line(["--input=x/DOE"], "x/DOE", "DICOM") == ("--input=DICOM",)
    assert command_line(["-i", ".", "-o", "out."], ".", "DICOM") == ("-i", "DICOM", "-o", "out.")
