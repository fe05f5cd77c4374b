from segmem.__main__ import main


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
