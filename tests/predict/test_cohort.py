import pytest

from footage import write_picture, write_scan, write_video
from segmem import manifest
from segmem.core.errors import FormatError, InterruptedRun, OutputError
from segmem.io.sources import find_cases
from segmem.predict import cohort as module
from segmem.predict.cohort import Cohort
from segmem.predict.targets import targets
from segmem.predict.watch import Watch


def run(job, source, out, watch=None):
    return Cohort(job, targets(find_cases(str(source)), out), watch or Watch()).go()


@pytest.fixture
def scans(tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    for name in ("a", "b", "c"):
        write_scan(folder / f"{name}.nii.gz")
    return folder


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_scans_lie_flat_with_one_manifest(make_job, scans, out):
    record = run(make_job("volume"), scans, out)
    names = sorted(path.name for path in out.iterdir())
    assert names == ["a.nii.gz", "b.nii.gz", "c.nii.gz", "labels.ctbl", "manifest.json"]
    assert manifest.read(out / "manifest.json") == record
    assert [case.output for case in record.cases] == names[:3]
    assert record.finished


def test_videos_get_a_folder_and_a_manifest_each(make_job, tmp_path, out):
    for name in ("v", "w"):
        write_video(tmp_path / f"{name}.mkv", 3)
    record = run(make_job(), tmp_path, out)
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json", "v", "w"]
    assert [case.output for case in record.cases] == ["v", "w"]
    own = manifest.read(out / "w" / "manifest.json")
    assert own is not None
    assert [case.input for case in own.cases] == ["w.mkv"]
    assert (out / "w" / "labels" / "00002.png").exists()


def test_a_bad_case_is_told_and_the_rest_go_on(make_job, scans, out):
    (scans / "b.nii.gz").write_bytes(b"nothing of a scan")
    record = run(make_job("volume"), scans, out)
    assert [case.input for case in record.cases] == ["a.nii.gz", "c.nii.gz"]
    assert [failure.input for failure in record.failures] == ["b.nii.gz"]
    assert str(scans) not in record.failures[0].error
    assert not (out / "b.nii.gz").exists()


def test_a_fault_of_ours_in_one_case_does_not_stop_the_others(make_job, scans, out, monkeypatch):
    whole = module.segment_still

    def faulty(job, case, *rest):
        if case.name == "a":
            raise RuntimeError("a shape nobody thought of")
        return whole(job, case, *rest)

    monkeypatch.setattr(module, "segment_still", faulty)
    record = run(make_job("volume"), scans, out)
    assert "Internal error: RuntimeError: a shape nobody thought of" in record.failures[0].error
    assert len(record.cases) == 2


def test_an_only_case_that_is_bad_is_raised_and_leaves_nothing(make_job, tmp_path, out):
    (tmp_path / "a.nii.gz").write_bytes(b"nothing of a scan")
    with pytest.raises(FormatError):
        run(make_job("volume"), tmp_path / "a.nii.gz", out)
    assert list(out.iterdir()) == []


def test_a_full_disk_stops_the_run(make_job, scans, out, monkeypatch):
    def full(*_):
        raise OutputError("no space is left")

    monkeypatch.setattr(module, "segment_still", full)
    with pytest.raises(OutputError):
        run(make_job("volume"), scans, out)


def stop_in(case_number):
    watch, seen = Watch(), []
    ticks = 14  # seven slices, both ways

    def tick():
        seen.append(1)
        watch.stop = len(seen) > ticks * case_number

    watch.tick = tick
    return watch


def test_a_run_that_was_interrupted_does_only_the_rest(make_job, scans, out):
    with pytest.raises(InterruptedRun):
        run(make_job("volume"), scans, out, stop_in(1))
    assert sorted(path.name for path in out.glob("[!.]*")) == ["a.nii.gz", "manifest.json"]
    half = manifest.read(out / "manifest.json")
    assert half is not None
    assert not half.finished
    before = (out / "a.nii.gz").stat().st_mtime_ns

    record = run(make_job("volume", resume=True), scans, out)
    assert (out / "a.nii.gz").stat().st_mtime_ns == before
    assert [case.input for case in record.cases] == ["a.nii.gz", "b.nii.gz", "c.nii.gz"]
    assert record.finished


def test_a_whole_video_is_not_done_again(make_job, tmp_path, out):
    path = write_video(tmp_path / "v.mkv", 3)
    run(make_job(), path, out)
    before = (out / "manifest.json").stat().st_mtime_ns
    record = run(make_job(resume=True), path, out)
    assert (out / "manifest.json").stat().st_mtime_ns == before
    assert record.cases[0].frames == 3


def test_what_other_weights_made_is_done_again(make_job, tmp_path, out):
    path = write_picture(tmp_path / "i.png")
    run(make_job("image"), path, out)
    before = (out / "i.png").stat().st_mtime_ns
    job = make_job("image", resume=True)
    job.sha256 = "another"
    run(job, path, out)
    assert (out / "i.png").stat().st_mtime_ns > before
