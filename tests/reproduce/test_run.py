"""A table reproduced on made videos."""

import json
from pathlib import Path

import pytest

from datasets import write_btcv
from labelled import write_video_case
from segmem.core.errors import InputError, UsageError
from segmem.evaluate.summary import Entry
from segmem.report.bar import Bar
from segmem.reproduce import run as module
from segmem.reproduce.recipe import Column, OurRow, Recipe, Wanted, recipe
from segmem.reproduce.run import reproduce, split
from segmem.train.presets import load_settings

ROW = OurRow(
    method="nano + TMAM",
    preset="nano",
    changes={"data.sources": [{"path": "videos"}], "data.synthetic": None, "data.validation_fraction": 0.0},
)
RECIPE = Recipe(
    about="made videos",
    data=Wanted(path="videos", title="made videos", groups=3),
    test=("op2",),
    columns={"Dice": "dice", "TC": "TC"},
    rows=(ROW,),
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for index in range(3):
        write_video_case(tmp_path / "data" / "videos" / f"op{index}", frames=6, labelled=range(6))
    return tmp_path / "data"


def test_from_data_to_a_row_beside_the_published_ones(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cv2")
    monkeypatch.setattr(module, "recipe", lambda *_: RECIPE)
    said: list[str] = []
    made = reproduce("tmam-table1", data, tmp_path / "out", "smoke", Bar(shown=False), said.append)
    (row,) = made.rows
    assert row.method == "nano + TMAM"
    assert 0 <= (row.values["Dice"] or 0) <= 1
    assert row.values["TC"] is not None
    assert made.test_cases == ("op2",)
    assert made.published.title.startswith("SAR-RARP50")
    assert [line.split(":")[1].split()[0] for line in said] == ["training", "measuring"]

    out = tmp_path / "out"
    assert json.loads((out / "splits.json").read_text()) == {"train": ["op0", "op1"], "test": ["op2"]}
    assert json.loads((out / "reproduction.json").read_text())["hardware"] == made.hardware
    settings = load_settings(out / "nano---tmam" / "run" / "settings.yaml")
    assert settings.data.exclude == ("op2",)
    assert (out / "nano---tmam" / "report" / "report.html").is_file()

    again = reproduce("tmam-table1", data, out, "smoke", Bar(shown=False), said.append)
    assert again.rows == made.rows


def test_a_row_begins_with_the_network_of_an_earlier_one(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = ROW.model_copy(update={"method": "later", "after": ROW.method})
    two = RECIPE.model_copy(update={"columns": {"Dice": "dice"}, "rows": (ROW, later)})
    monkeypatch.setattr(module, "recipe", lambda *_: two)
    pytest.importorskip("cv2")
    reproduce("tmam-table1", data, tmp_path / "out", "smoke", Bar(shown=False), lambda _: None)
    settings = load_settings(tmp_path / "out" / "later" / "run" / "settings.yaml")
    assert settings.network_from == str(tmp_path / "out" / "nano---tmam" / "run")


def test_organs_of_scans_stand_in_columns_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_btcv(tmp_path / "data" / "btcv", (1, 2, 3))
    full = recipe("lapg-btcv", "full")
    assert full is not None
    short = {
        "model.fit": {"longest": 32, "multiple": 8},
        "stages": [{"name": "first", "steps": 1, "batch": 1, "length": 2, "learning_rate": 0.001}],
        "norm_batches": 1,
    }
    small = full.model_copy(
        update={
            "data": full.data.model_copy(update={"groups": 3}),
            "test": ("img0003",),
            "rows": tuple(
                row.model_copy(update={"changes": {**row.changes, **short}}) for row in full.rows[:1]
            ),
        }
    )
    monkeypatch.setattr(module, "recipe", lambda *_: small)
    said: list[str] = []
    (row,) = reproduce(
        "lapg-btcv", tmp_path / "data", tmp_path / "out", "full", Bar(shown=False), said.append
    ).rows
    assert row.method == "LAPG"
    assert row.values["liver"] is not None  # in the made scans; the spleen is not, and chance may claim some
    assert row.values.keys() == full.columns.keys()


def test_a_column_of_two_organs_is_their_mean_and_needs_both() -> None:
    left, right = (
        Entry(
            class_=name, metric="dice", mean=mean, median=mean, low=None, high=None, within_group=False,
            cases=1, absent=0, missed=0, groups=1, few=True, values={},
        )
        for name, mean in (("left", 0.5), ("right", 0.75))
    )  # fmt: skip
    both = Column(metric="dice", classes=("left", "right"))
    assert module._value([left, right], both) == 0.625
    assert module._value([left], both) is None


def test_data_that_is_not_what_it_must_be(data: Path) -> None:
    test, others = split(RECIPE, data)
    assert ([one.name for one in test], [one.name for one in others]) == (["op2"], ["op0", "op1"])
    with pytest.raises(InputError, match=r"holds 3 patients, .* made videos has 4\. Is it whole"):
        split(RECIPE.model_copy(update={"data": RECIPE.data.model_copy(update={"groups": 4})}), data)
    with pytest.raises(InputError, match="has no 'op9', which is measured on"):
        split(RECIPE.model_copy(update={"test": ("op9",)}), data)
    with pytest.raises(InputError, match=r"is missing\. It must hold made videos"):
        split(RECIPE, data / "elsewhere")


def test_what_has_no_recipe_says_so_and_still_shows_what_was_published(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tmam-table2 has no rows of segmem at scale smoke, only at full"):
        reproduce("tmam-table2", tmp_path, tmp_path / "out", "smoke", Bar(shown=False), print)
    with pytest.raises(
        UsageError, match="samed2-internal has no rows of segmem at scale smoke yet; leave -d out"
    ):
        reproduce("samed2-internal", tmp_path, tmp_path / "out", "smoke", Bar(shown=False), print)
    shown = reproduce("samed2-internal", None, tmp_path / "out", "full", Bar(shown=False), print)
    assert shown.rows == ()
    assert not (tmp_path / "out").exists()
