"""One evaluation, from folders to files."""

import json
from pathlib import Path

import numpy as np
import pytest

from labelled import square, write_mask
from segmem.core.errors import InputError, OutputError, UsageError
from segmem.evaluate.request import Request
from segmem.evaluate.run import run
from segmem.evaluate.summary import ALL
from segmem.evaluate.table import read_table

CLASSES = ("background", "one", "two")


def request(data: Path, *found: Path, out: Path | None = None, **more: object) -> Request:
    plain = {"classes": CLASSES, "flow": None, "workers": 1, "report": False}
    return Request(predictions=found, data=data, out=out or data.parent / "out", **plain | more)


def test_images_to_tables(images: tuple[Path, Path]) -> None:
    found = run(request(*images))
    (entries,) = found.runs.values()
    (dice,) = [one for one in entries if (one.metric, one.class_) == ("dice", "one")]
    assert dice.values == {"one": 1.0, "two": 28 / 32}
    assert (found.faults, found.notes) == ((), ())
    home = images[0].parent / "out"
    assert {path.name for path in home.iterdir()} == {"metrics.csv", "summary.json"}
    assert {row.case for row in read_table(home / "metrics.csv")} == {"one", "two"}


def test_two_runs_have_a_folder_each_and_are_compared(images: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("one", "two"):
        write_mask(other / f"{name}.png", square())
    found = run(request(images[0], images[1], other))
    assert set(found.runs) == {"found", "other"}
    (comparison,) = found.comparisons
    (gain,) = [d for d in comparison.differences if (d.metric, d.class_) == ("dice", ALL)]
    assert gain.difference == pytest.approx((4 / 32) / 2)
    home = tmp_path / "out"
    assert {path.name for path in home.iterdir()} == {"found", "other", "comparison.json"}
    assert json.loads((home / "comparison.json").read_text())["comparisons"][0]["second"] == "other"


def test_runs_over_other_cases_stand_alone_and_the_difference_is_named(
    images: tuple[Path, Path], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write_mask(other / "one.png", square())
    found = run(request(images[0], images[1], other))
    assert found.comparisons == ()
    assert any("1 only in found: two" in fault for fault in found.faults)
    assert "other: two: no prediction." in found.faults


def test_each_bad_case_is_named_and_the_rest_is_measured(images: tuple[Path, Path]) -> None:
    data, predictions = images
    for name in ("grid", "value", "broken", "gone"):
        write_mask(data / "masks" / f"{name}.png", square())
        (data / "images" / f"{name}.png").write_bytes((data / "images" / "one.png").read_bytes())
    write_mask(predictions / "grid.png", square(size=(20, 20)))
    write_mask(predictions / "value.png", square(7))
    (predictions / "broken.png").write_bytes(b"no picture")
    write_mask(predictions / "nobody.png", square())
    found = run(request(*images, workers=2))
    assert [fault.split(":")[0].split(" failed")[0] for fault in found.faults] == [
        "broken",
        "gone",
        "grid",
        "nobody",
        "value",
    ]
    assert "the label 7, which is no class" in found.faults[4]
    (entries,) = found.runs.values()
    assert next(one for one in entries if one.metric == "dice").cases == 2


def test_a_report(images: tuple[Path, Path]) -> None:
    pytest.importorskip("matplotlib")
    run(request(*images, report=True))
    text = (images[0].parent / "out" / "report.html").read_text()
    assert text.count("<svg") >= 3
    assert text.count("data:image/jpeg") == 2


def test_classes_come_from_the_manifest_or_must_be_named(images: tuple[Path, Path]) -> None:
    with pytest.raises(UsageError, match="--classes background,polyp"):
        run(request(*images, classes=()))
    told = {
        "finished": True, "versions": {}, "command": [], "model": "m", "weights_sha256": "", "classes": CLASSES,
        "device": "cpu", "precision": "float32", "threads": 1,
        "timings": {"total_s": 0, "frames_per_s": 0, "seconds": {}, "share": {}},
    }  # fmt: skip
    (images[1] / "manifest.json").write_text(json.dumps(told))
    assert run(request(*images, classes=())).faults == ()


def test_refused(images: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Name what to measure"):
        run(request(images[0]))
    with pytest.raises(UsageError, match="same name"):
        run(request(images[0], images[1], images[1]))
    for name in ("one", "two"):
        write_mask(images[1] / f"{name}.png", square(9))
    with pytest.raises(InputError, match="not one case could be measured"):
        run(request(*images))
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(OutputError, match="cannot be written"):
        run(request(*images, out=blocked / "out"))


def test_folders_of_one_name_are_told_apart_by_the_one_above(
    images: tuple[Path, Path], tmp_path: Path
) -> None:
    for run_name in ("a", "b"):
        place = tmp_path / run_name / "pred"
        place.mkdir(parents=True)
        for name in ("one", "two"):
            write_mask(place / f"{name}.png", np.roll(square(), len(name)))
    found = run(request(images[0], tmp_path / "a" / "pred", tmp_path / "b" / "pred"))
    assert set(found.runs) == {"a_pred", "b_pred"}


def test_what_the_data_was_taken_for_is_told(images: tuple[Path, Path]) -> None:
    told: list[str] = []
    run(request(*images), tell=told.append)
    assert told == [f"{images[0]}: taken for image_masks: 2 files masks/*.png beside images/"]
