import json

from segmem.train.log import Log


def test_steps_and_validations_are_told_and_kept(tmp_path, capsys):
    with Log(tmp_path, total=10, step=0) as log:
        log.steps("base", 5, 0.25, 1e-3)
        log.validation("base", 5, {"shaft": 0.5, "mean": 0.5})
    told = capsys.readouterr()
    assert "base: step 5/10, loss 0.2500" in told.err
    assert "shaft 0.500" in told.err
    assert told.out == ""
    assert json.loads((tmp_path / "history.jsonl").read_text()) == {
        "stage": "base",
        "step": 5,
        "shaft": 0.5,
        "mean": 0.5,
    }
    assert list((tmp_path / "log").glob("events*"))


def test_a_quiet_log_says_nothing(tmp_path, capsys):
    with Log(tmp_path, total=10, step=0, quiet=True) as log:
        log.steps("base", 5, 0.25, 1e-3)
    assert capsys.readouterr().err == ""
