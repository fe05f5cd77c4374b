import json
from pathlib import Path

import pytest

from segmem.__main__ import main
from segmem.core import Geometry
from segmem.manifest import CaseRecord, Failure, Manifest, Timings
from segmem.predict import run as run_module


def record(failures=(), damage=None):
    case = CaseRecord(
        input="v.avi", kind="video", frames=50, size=(60, 90), output="v", seconds=2.0, damage=damage
    )
    return Manifest(
        finished=True,
        versions={},
        command=(),
        model="m",
        weights_sha256="ab",
        classes=("background", "shaft"),
        device="cpu",
        precision="float32",
        threads=1,
        cases=(case,),
        failures=tuple(failures),
        timings=Timings(total_s=2.0, frames_per_s=25.0, seconds={}, share={}),
    )


@pytest.fixture
def asked(monkeypatch):
    """What `predict` was asked; it answers with `asked.answer`."""

    class Asked:
        answer = record()

        def __call__(self, request, _):
            self.request = request
            return self.answer

    ears = Asked()
    monkeypatch.setattr(run_module, "run", ears)
    return ears


def test_every_option_reaches_the_request(asked, tmp_path):
    values = ["--as", "cases", "--device", "cpu", "--precision", "bfloat16", "--threads", "2"]
    values += ["--patience", "5", "--no-memory"]
    values += ["--series", "2", "--allow-gaps", "--seg", "--rtstruct", "--no-deidentify"]
    values += [
        "--min-volume",
        "5ml",
        "--keep-largest",
        "--instances",
        "--statistics",
        "--preview",
        "--probabilities",
    ]
    values += ["--bank", "b.safetensors", "--update-bank", "c.safetensors", "--bank-task", "t", "--explain"]
    options = [*values, "--overlay", "--confidence", "--resume", "--no-overwrite"]
    assert main(["predict", "-i", "in", "-o", str(tmp_path), "-m", "one", *options]) == 0
    assert asked.request.model_dump(exclude={"command"}) == {
        "source": "in",
        "out": tmp_path,
        "model": "one",
        "as_": "cases",
        "series": "2",
        "allow_gaps": True,
        "seg": True,
        "rtstruct": True,
        "deidentify": False,
        "overlay": True,
        "confidence": True,
        "probabilities": True,
        "min_volume_mm3": 5000.0,
        "keep_largest": True,
        "instances": True,
        "statistics": True,
        "preview": True,
        "memory": False,
        "device": "cpu",
        "precision": "bfloat16",
        "threads": 2,
        "patience": 5.0,
        "resume": True,
        "overwrite": False,
        "asked": None,
        "direction": None,
        "show_prompts": None,
        "max_memory": None,
        "bank": Path("b.safetensors"),
        "update_bank": Path("c.safetensors"),
        "bank_task": "t",
        "explain": True,
    }


def test_prompts_reach_the_request(asked, tmp_path):
    said = ["--box", "1,2,30,40", "--box", "2=5,6,7,8", "--point", "2=6,7,+", "--on", "3"]
    options = ["--direction", "both", "--show-prompts", "p.png", "--max-memory", "1.5GB"]
    assert main(["predict", "-i", "in", "-o", str(tmp_path), *said, *options]) == 0
    request = asked.request
    assert (request.direction, request.show_prompts, request.max_memory) == (
        "both",
        Path("p.png"),
        1_500_000_000,
    )
    prompts = request.asked.place(Geometry("video", (60, 90)), 9)
    assert [(one.frame, one.object, one.box, one.points) for one in prompts] == [
        (3, 1, (1, 2, 30, 40), ()),
        (3, 2, (5, 6, 7, 8), ((6, 7, 1),)),
    ]


def test_a_size_that_is_none_is_refused_in_one_line(asked, capsys):
    assert main(["predict", "-i", "in", "-o", "out", "--max-memory", "lots"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_results_go_to_stdout_and_say_where_to_look(asked, capsys):
    assert main(["predict", "-i", "in", "-o", "out"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "v.avi: 50 frames in 2.0 s (25.0 FPS) -> out/v\n"
    assert shown.err == ""


def test_json_is_one_object_and_nothing_else(asked, capsys):
    assert main(["predict", "-i", "in", "-o", "out", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["output"] == "out"
    assert told["cases"][0]["frames"] == 50


def test_quiet_says_nothing(asked, capsys):
    assert main(["predict", "-i", "in", "-o", "out", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_failed_case_is_told_on_stderr_and_the_code_is_three(asked, capsys):
    asked.answer = record(failures=[Failure(input="w.avi", error="not a video")])
    assert main(["predict", "-i", "in", "-o", "out"]) == 3
    shown = capsys.readouterr()
    assert "v.avi" in shown.out
    assert shown.err == "segmem: w.avi failed: not a video\n"


def test_a_damaged_case_is_told_on_stderr_and_the_code_is_three(asked, capsys):
    asked.answer = record(damage="v.avi is damaged: 50 of 60 frames are good.")
    assert main(["predict", "-i", "in", "-o", "out", "--quiet"]) == 3
    assert "50 of 60" in capsys.readouterr().err
