import json

from segmem import catalogue, demo
from segmem.__main__ import main
from segmem.catalogue import Card, Figure

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


def test_the_demo_s_lines_are_printed(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(demo, "run", lambda out: iter([f"look at {out.name}", "done"]))
    assert main(["demo", "-o", str(tmp_path / "d")]) == 0
    assert capsys.readouterr().out == "look at d\ndone\n"
