import json
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest

from labelled import write_images, write_video_case
from segmem import catalogue, demo
from segmem.__main__ import main
from segmem.catalogue import Card, Figure
from segmem.core import Geometry
from segmem.manifest import CaseRecord, Failure, Manifest, Timings
from segmem.predict import run as run_module

CARD = Card(
    name="tmam-one",
    description="d",
    task="instruments",
    input="video",
    classes=("background", "shaft"),
    parameters=5,
    size_bytes=1_500_000,
    weights_licence="research",
    data="two videos",
    data_licence="research",
    numbers=(Figure(what="Dice", value=0.87, command="segmem evaluate"),),
    hardware="2 cores",
    limits="not for patients",
    sha256="ab",
    citation="c",
)


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
    options = [*values, "--overlay", "--confidence", "--resume", "--no-overwrite"]
    assert main(["predict", "-i", "in", "-o", str(tmp_path), "-m", "one", *options]) == 0
    assert asked.request.model_dump(exclude={"command"}) == {
        "source": "in",
        "out": tmp_path,
        "model": "one",
        "as_": "cases",
        "overlay": True,
        "confidence": True,
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


def test_models_are_listed(monkeypatch, capsys):
    monkeypatch.setattr(catalogue, "cards", lambda: [CARD])
    assert main(["models"]) == 0
    assert capsys.readouterr().out == CARD.summary() + "\n"
    assert main(["models", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["models"][0]["name"] == "tmam-one"


def test_one_model_shows_its_card(monkeypatch, capsys):
    monkeypatch.setattr(catalogue, "card", lambda _: CARD)
    assert main(["models", "tmam-one"]) == 0
    assert capsys.readouterr().out == CARD.text() + "\n"
    assert main(["models", "tmam-one", "--json"]) == 0
    assert Card.model_validate_json(capsys.readouterr().out) == CARD


def test_train_passes_its_settings_on(monkeypatch, tmp_path, capsys):
    calls = []
    loop = SimpleNamespace(train=lambda *given: calls.append(given))
    presets = SimpleNamespace(load_settings=lambda *given: given)
    monkeypatch.setitem(sys.modules, "segmem.train.loop", loop)
    monkeypatch.setitem(sys.modules, "segmem.train.presets", presets)
    changes = ["--set", "seed=3", "--set", "a.b=1"]
    arguments = ["train", "-d", "data", "-o", str(tmp_path), "--preset", "nano", *changes]
    assert main([*arguments, "--resume"]) == 0
    settings, data, out, resume = calls[0]
    assert settings == ("nano", None, ["seed=3", "a.b=1"])
    assert (str(data), out, resume) == ("data", tmp_path, True)
    assert str(tmp_path) in capsys.readouterr().out


def test_the_demo_s_lines_are_printed(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(demo, "run", lambda out: iter([f"look at {out.name}", "done"]))
    assert main(["demo", "-o", str(tmp_path / "d")]) == 0
    assert capsys.readouterr().out == "look at d\ndone\n"


def test_the_version_is_the_package_s(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"segmem {version('segmem')}\n"


def test_without_a_verb_the_help_is_shown(capsys):
    assert main([]) == 0
    assert "predict" in capsys.readouterr().out


def test_every_option_of_evaluate_reaches_its_request(monkeypatch, tmp_path, capsys):
    from segmem.evaluate import run as module

    asked = []

    def run(request, bar, tell):
        asked.append((request, bar.shown, tell))
        return module.Evaluation(runs={}, comparisons=(), faults=("b: no prediction.",), notes=("a note",))

    monkeypatch.setattr(module, "run", run)
    options = (
        "-p",
        "one",
        "-p",
        "two",
        "-m",
        "tmam-endovis15",
        "-d",
        "data",
        "-o",
        str(tmp_path),
        "--no-surfaces",
    )
    more = ("--classes", "background,tip", "--label-map", "255=1", "--group", "(OP.)_", "--flow", "none")
    rest = ("--only", "op1", "--tolerance", "tip=3", "--as-released", "--no-report", "--workers", "2", "-q")
    assert main(["evaluate", *options, *more, *rest]) == 3
    assert asked[0][0].model_dump(mode="json") == {
        "predictions": ["one", "two"],
        "models": ["tmam-endovis15"],
        "data": "data",
        "out": str(tmp_path),
        "only": ["op1"],
        "group": "(OP.)_",
        "classes": ["background", "tip"],
        "label_map": {"255": 1},
        "tolerance": {"tip": 3.0},
        "surfaces": False,
        "flow": None,
        "flow_weights": None,
        "as_released": True,
        "report": False,
        "workers": 2,
    }
    assert capsys.readouterr().err == "note: a note\nsegmem: b: no prediction.\n"


def test_a_split_is_written_and_told(tmp_path, capsys):
    for name in ("a", "b", "c"):
        write_video_case(tmp_path / "data" / name, 2, [1])
    out = tmp_path / "splits.json"
    assert main(["split", str(tmp_path / "data"), "-o", str(out), "--folds", "3"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"{out}: 3 cases (video_masks) in 3 groups"
    assert told[1:] == [f"fold {n}: 2 train, 1 validation, 0 test" for n in range(3)]
    shares = ["--fractions", ".7,.3", "--overwrite", "--json"]
    assert main(["split", str(tmp_path / "data"), "-o", str(out), *shares]) == 0
    (fold,) = json.loads(capsys.readouterr().out)["folds"]
    assert (len(fold["train"]), len(fold["validation"])) == (2, 1)
    assert main(["split", str(tmp_path / "data"), "-o", str(out)]) == 2
    assert main(["split", str(tmp_path / "data"), "-o", str(out), "--folds", "2"]) == 4


def test_a_conversion_tells_what_it_took_the_folder_for_and_what_went_wrong(tmp_path, capsys):
    write_images(tmp_path / "data", ["a", "b"], value=255)
    (tmp_path / "data" / "images" / "b.png").write_bytes(b"nothing")
    command = ["convert", "data", str(tmp_path / "data"), str(tmp_path / "n"), "--to", "nnunet"]
    assert main([*command, "--label-map", "255=polyp"]) == 3
    told = capsys.readouterr()
    assert told.out == f"{tmp_path / 'n'}: 1 cases.\n"
    taken, note, fault = told.err.splitlines()
    assert taken == f"{tmp_path / 'data'}: taken for image_masks: 2 files masks/*.png beside images/"
    assert note.startswith("note: no splits_final.json")
    assert fault.startswith("segmem: b: ")
    assert main([*command, "--label-map", "255=polyp"]) == 4
    assert main([*command[:3], str(tmp_path / "m"), *command[4:]]) == 3
    assert main([*command, "--label-map", "255"]) == 2
