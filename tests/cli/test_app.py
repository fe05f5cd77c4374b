from importlib.metadata import version

from segmem.__main__ import main


def test_the_version_is_the_package_s(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"segmem {version('segmem')}\n"


def test_without_a_verb_the_help_is_shown(capsys):
    assert main([]) == 0
    assert "predict" in capsys.readouterr().out
