import sys
from types import SimpleNamespace

from segmem.__main__ import main


def test_train_passes_its_settings_on(monkeypatch, tmp_path, capsys):
    calls = []
    loop = SimpleNamespace(train=lambda *given, cache: calls.append((*given, cache)))
    presets = SimpleNamespace(load_settings=lambda *given: given)
    monkeypatch.setitem(sys.modules, "segmem.train.loop", loop)
    monkeypatch.setitem(sys.modules, "segmem.train.presets", presets)
    changes = ["--set", "seed=3", "--set", "a.b=1"]
    arguments = ["train", "-d", "data", "-o", str(tmp_path), "--preset", "nano", *changes]
    assert main([*arguments, "--resume", "--cache", "kept", "--cache-size", "20GB"]) == 0
    settings, data, out, resume, cache = calls[0]
    assert settings == ("nano", None, ["seed=3", "a.b=1", "cache_size=20GB"])
    assert (str(data), out, resume, str(cache)) == ("data", tmp_path, True, "kept")
    assert str(tmp_path) in capsys.readouterr().out


def test_a_stream_is_learnt_with_its_changes(monkeypatch, tmp_path, capsys):
    calls = []
    plan = SimpleNamespace(load_stream=lambda path, changes: (str(path), changes))
    run = SimpleNamespace(learn_stream=lambda *given, cache: calls.append((*given, cache)))
    monkeypatch.setitem(sys.modules, "segmem.continual.plan", plan)
    monkeypatch.setitem(sys.modules, "segmem.continual.run", run)
    arguments = ["train", "-d", "data", "-o", str(tmp_path), "--continual", "seven.yaml", "--resume"]
    assert main([*arguments, "--set", "strategy=bank", "--cache-size", "9GB"]) == 0
    stream, data, out, resume, cache = calls[0]
    assert stream == ("seven.yaml", ["settings.cache_size=9GB", "strategy=bank"])
    assert (str(data), out, resume, cache) == ("data", tmp_path, True, None)
    assert "scores.json" in capsys.readouterr().out
    assert main([*arguments, "--config", "more.yaml"]) == 2


def test_a_finished_run_goes_on_with_new_data(monkeypatch, tmp_path):
    calls = []
    module = SimpleNamespace(continue_from=lambda *given, **more: calls.append((given, more)))
    monkeypatch.setitem(sys.modules, "segmem.continual.continued", module)
    arguments = ["train", "-d", "data", "-o", str(tmp_path), "--continue-from", "old", "--warn-above", "0.1"]
    assert main([*arguments, "--set", "a=1", "--old-data", "before"]) == 0
    (old, _, _), more = calls[0]
    assert (str(old), str(more["old_data"]), more["threshold"]) == ("old", "before", 0.1)
    assert more["changes"] == ["a=1"]


def test_one_thing_is_trained(tmp_path, capsys):
    arguments = ["train", "-d", "data", "-o", str(tmp_path)]
    assert main(arguments) == 2
    assert "Nothing says what to train." in capsys.readouterr().err
    assert main([*arguments, "--preset", "nano", "--continual", "seven.yaml"]) == 2
    assert "--preset and --continual says" in capsys.readouterr().err


def test_training_without_its_extra_says_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("segmem.core.extras.find_spec", lambda name: None if name == "tensorboard" else name)
    for what in (["--preset", "nano"], ["--continual", "seven.yaml"], ["--continue-from", "old"]):
        assert main(["train", "-d", "data", "-o", str(tmp_path), *what]) == 4
        assert (
            "Training needs tensorboard, not installed here: pip install 'segmem[train]'"
            in capsys.readouterr().err
        )
