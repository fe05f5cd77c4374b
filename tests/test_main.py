import pytest
import typer

from segmem.__main__ import main
from segmem.cli import app as cli
from segmem.core.errors import FormatError, InterruptedRun, OutputError, UnknownModelError


@pytest.fixture
def ending(monkeypatch):
    """Have the command end with an exception."""

    def end(error):
        def app(*_, **__):
            raise error

        monkeypatch.setattr(cli, "app", app)

    return end


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnknownModelError("no such model"), 2),
        (FormatError("not a video"), 3),
        (OutputError("cannot be written"), 4),
        (InterruptedRun("--resume continues"), 5),
        (OSError(28, "No space left on device"), 4),
        (RuntimeError("a shape nobody thought of"), 1),
        (KeyboardInterrupt(), 5),
    ],
)
def test_every_end_has_its_code_and_one_line(ending, capsys, error, code):
    ending(error)
    assert main(["predict"]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("segmem: ")
    assert shown.err.count("\n") == 1
    assert "Traceback" not in shown.err


def test_a_message_of_many_lines_becomes_one(ending, capsys):
    ending(FormatError("first\n   second"))
    main([])
    assert capsys.readouterr().err == "segmem: first second\n"


def test_debug_shows_where_it_came_from(ending, capsys):
    ending(FormatError("not a video"))
    assert main(["predict", "--debug"]) == 3
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert shown.endswith("segmem: not a video\n")


def test_what_goes_well_is_nought(monkeypatch):
    monkeypatch.setattr(cli, "app", lambda *_, **__: None)
    assert main([]) == 0


@pytest.mark.parametrize(
    "arguments", [["predict", "--nonsense"], ["predict"], ["segment"], ["models", "a", "b"]]
)
def test_a_wrong_command_is_two_and_points_to_the_help(capsys, arguments):
    assert main(arguments) == 2
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "--help'" in shown


def test_a_verb_may_choose_its_code(monkeypatch):
    def app(*_, **__):
        raise AssertionError

    monkeypatch.setattr(cli, "predict", app)
    small = typer.Typer()

    @small.command()
    def three() -> None:
        raise typer.Exit(3)

    monkeypatch.setattr(cli, "app", small)
    assert main([]) == 3
