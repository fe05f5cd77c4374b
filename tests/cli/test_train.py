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
