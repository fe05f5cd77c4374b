import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from footage import write_picture
from segmem import catalogue
from segmem.core.errors import UsageError, WeightsError
from segmem.io.case import Case
from segmem.io.tensors import digest
from segmem.predict import job as module
from segmem.predict.job import nameless, prepare, told_name
from segmem.predict.request import Request

CASE = Case("t1", "volume", "volume", (Path("/data/DOE^JANE/t1.nii.gz"),))


def test_a_job_knows_its_weights(make_job, video_weights):
    job = make_job()
    assert job.name == "nano-video.safetensors"
    assert job.sha256 == digest(video_weights)
    assert not job.model.training


@pytest.mark.parametrize(
    ("model_kind", "case_kind"), [("video", "volume"), ("volume", "video"), ("volume", "image")]
)
def test_a_model_of_another_kind_is_refused(video_weights, scan_weights, model_kind, case_kind):
    weights = scan_weights if model_kind == "volume" else video_weights
    request = Request(source="in", out=Path("out"), device="cpu")
    with pytest.raises(UsageError, match=f"segments {model_kind}s, the input is a {case_kind}"):
        prepare(request, str(weights), case_kind)


def test_shipped_weights_that_are_not_their_card_s_are_refused(monkeypatch, video_weights, tmp_path):
    monkeypatch.setattr(catalogue, "SHIPPED", video_weights.parent)
    monkeypatch.setattr(module.catalogue, "card", lambda _: type("Card", (), {"sha256": "0" * 64}))
    with pytest.raises(WeightsError, match="not the file its card describes"):
        prepare(Request(source="in", out=tmp_path), str(video_weights), "video")


def test_threads_are_set_only_where_asked(video_weights, monkeypatch):
    calls = []
    monkeypatch.setattr(torch, "set_num_threads", calls.append)
    for threads in (None, 2):
        prepare(
            Request(source="in", out=Path("out"), device="cpu", threads=threads), str(video_weights), "video"
        )
    assert calls == [2]


def test_an_image_is_a_video_of_one_frame(video_weights):
    request = Request(source="in", out=Path("out"), device="cpu")
    assert prepare(request, str(video_weights), "image").model.spec.input == "video"


def test_a_mark_changes_with_weights_precision_and_input(make_job, tmp_path):
    case = Case("i", "image", "image", (write_picture(tmp_path / "i.png"),))
    mark = make_job().mark(case)
    assert mark == make_job().mark(case)
    assert mark != make_job(precision="bfloat16").mark(case)
    (tmp_path / "i.png").write_bytes(b"another")
    assert mark != make_job().mark(case)


def test_only_our_own_warnings_are_noted_and_without_their_folders(make_job):
    job = make_job("volume")
    ours = str(module.PACKAGE / "io" / "nifti.py")
    with job.noting(CASE):
        warnings.warn_explicit(f"{CASE.paths[0]}: sform is singular", UserWarning, ours, 1)
        warnings.warn_explicit("somebody else's", UserWarning, "/elsewhere/x.py", 1)
    assert job.warnings == ["t1.nii.gz: sform is singular"]


def test_a_manifest_of_a_scan_tells_no_folder(make_job):
    source = str(CASE.paths[0])
    job = replace(make_job("volume", command=("segmem", "predict", "-i", source)), hidden=source)
    text = job.manifest(job.clock(), []).model_dump_json()
    assert "DOE" not in text
    assert "t1.nii.gz" in text


def test_paths_in_a_message_are_cut_to_names():
    assert nameless(CASE, f"{CASE.paths[0]} is damaged") == "t1.nii.gz is damaged"


def test_files_of_dicom_are_told_by_their_number(tmp_path):
    paths = (tmp_path / "DOE_1.dcm", tmp_path / "DOE_2.dcm")
    case = Case("CT_1", "volume", "dicom", paths)
    assert nameless(case, f"{paths[1]} is damaged") == "file 2 is damaged"
    assert told_name(case) == "CT_1"
    assert told_name(Case("i", "image", "image", (tmp_path / "i.png",))) == "i.png"


def test_of_a_private_input_the_path_is_not_told_at_all(scan_weights):
    request = Request(source="in/DOE", out=Path("out"), device="cpu", command=("-i", "in/DOE"))
    job = prepare(request, str(scan_weights), "volume", private=True)
    assert job.manifest(job.clock(), []).command == ("-i", "DICOM")
