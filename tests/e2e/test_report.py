"""The report as a person sees it: in a browser, at two widths, with no network."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import command
from browser import Look, look
from footage import pictures
from labelled import square, write_images, write_mask, write_scans, write_video_case
from segmem.report.continual import continual_page

WIDTHS = (1280, 390)


def report(folder: Path, *more: str) -> Path:
    ran = command.run(folder, "evaluate", "-d", "data", "-o", "out", "--classes", "background,one,two", *more)
    assert ran.code == 0, ran.err
    return folder / "out" / "report.html"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs over three videos, with confidence."""
    root = tmp_path_factory.mktemp("report")
    for video in range(3):
        write_video_case(root / "data" / f"op{video}", frames=8, labelled=range(8))
        for run, shift in (("base", 6), ("memory", 1)):
            labels = root / run / f"op{video}" / "labels"
            labels.mkdir(parents=True)
            for frame in range(8):
                write_mask(labels / f"{frame:05d}.png", np.roll(square(1 + frame % 2), shift + video, axis=1))
            lines = "".join(f"{frame},{0.9 - frame / 10}\n" for frame in range(8))
            (labels.parent / "frames.csv").write_text("frame,score\n" + lines)
    return report(root, "-p", "base", "-p", "memory", "--as-released")


@pytest.fixture(scope="module", params=WIDTHS)
def seen(
    request: pytest.FixtureRequest, page: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, Look]:
    return request.param, look(page, request.param, tmp_path_factory.mktemp("profile"))


def test_no_complaint_in_the_console(seen: tuple[int, Look]) -> None:
    assert seen[1].console == ()


def test_the_page_is_no_wider_than_the_screen(seen: tuple[int, Look]) -> None:
    width, found = seen
    assert found.wide == width


def test_every_picture_is_there_and_fits(seen: tuple[int, Look]) -> None:
    width, found = seen
    assert len(found.seen["images"]) > 20
    for natural, complete, left, wide, high in found.seen["images"]:
        assert natural > 0
        assert complete
        assert 0 <= left < left + wide <= width
        assert wide >= 150
        assert high > 50


def test_every_drawing_is_there_and_can_be_read(seen: tuple[int, Look]) -> None:
    """Small ones fit; wide ones keep their size and scroll. Letters stay letters."""
    width, found = seen
    kinds = [kind for kind, *_ in found.seen["drawings"]]
    assert kinds.count("small") >= 6
    assert kinds.count("wide") == 2 * 3 * 3
    for kind, left, wide, high in found.seen["drawings"]:
        assert high > 60
        assert left >= 0
        if kind == "small":
            assert 300 <= wide <= width - left
        else:
            assert wide > 900
    assert min(found.seen["letters"]) >= 9


def test_a_head_that_is_pressed_sorts_and_turns(page: Path, tmp_path: Path) -> None:
    press = """
      const table = [...inside.querySelectorAll("table")].find((t) => t.tHead.textContent.startsWith("case"));
      const button = [...table.tHead.querySelectorAll("button")].find((b) => b.textContent === "dice mean of classes");
    """
    orders = []
    for presses in range(3):
        found = look(page, 1280, tmp_path / str(presses), press + "button.click();" * presses)
        assert found.console == ()
        orders.append(next(rows for rows in found.seen["tables"] if set(rows) == {"op0", "op1", "op2"}))
    assert orders == [["op0", "op1", "op2"], ["op2", "op1", "op0"], ["op0", "op1", "op2"]]


def test_what_this_test_would_miss_it_does_not(tmp_path: Path) -> None:
    """A page that fetches, shouts and is too wide."""
    (tmp_path / "bad.html").write_text(
        '<title>bad</title><img src="http://example.org/a.png"><div style="width:2000px">wide</div>'
        '<script>console.error("shout"); nobody();</script>'
    )
    found = look(tmp_path / "bad.html", 390, tmp_path / "profile")
    assert found.wide >= 2000
    assert any("shout" in line for line in found.console)
    assert any("nobody is not defined" in line for line in found.console)
    assert found.seen["images"][0][0] == 0


def test_fifty_cases_stay_below_ten_megabytes(tmp_path: Path) -> None:
    """Pictures of noise, which no JPEG makes small."""
    names = [f"case{i:02d}" for i in range(50)]
    write_images(tmp_path / "data", names)
    (tmp_path / "found").mkdir()
    for seed, name in enumerate(names):
        noise = pictures(1, (480, 640), seed)[0]
        Image.fromarray(noise).save(tmp_path / "data" / "images" / f"{name}.png")
        write_mask(tmp_path / "data" / "masks" / f"{name}.png", square(size=(480, 640)))
        write_mask(tmp_path / "found" / f"{name}.png", np.roll(square(size=(480, 640)), seed))
        write_mask(tmp_path / "found" / f"{name}.confidence.png", np.full((480, 640), 255 - seed))
    made = report(tmp_path, "-p", "found")
    assert made.stat().st_size < 10e6
    assert made.read_text().count("data:image/jpeg") >= 20


def test_learning_task_after_task(tmp_path: Path) -> None:
    tasks = [f"a task of a long name {i}" for i in range(8)]
    ways = [
        (name, np.tri(8) * 0.9 - drop * np.tri(8, k=-1)) for name, drop in (("naive", 0.5), ("bank", 0.1))
    ]
    (tmp_path / "page.html").write_text(continual_page(ways, tasks, "Dice"))
    for width in WIDTHS:
        found = look(tmp_path / "page.html", width, tmp_path / str(width))
        assert found.console == ()
        assert found.wide == width
        assert len(found.seen["drawings"]) == 4


def test_scans(tmp_path: Path) -> None:
    write_scans(tmp_path / "data", ["a", "b"])
    made = report(tmp_path, "-p", "data/labels")
    found = look(made, 390, tmp_path / "profile")
    assert found.console == ()
    assert found.wide == 390
    assert found.seen["title"] == "Evaluation"
