"""The page as text; what a browser makes of it is in tests/e2e."""

import math
from html.parser import HTMLParser

import pytest

from segmem.report.page import Cell, Drawing, Drawings, Picture, Pictures, Section, Table, Text, html

pytest.importorskip("jinja2")


class Seen(HTMLParser):
    """Tags, what links lead to, and the words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [
            value or "" for name, value in attrs if name in {"src", "href", "xlink:href", "action"}
        ]

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


def page(**text: str) -> str:
    sections = (
        Section("Summary", (Table(("class", "Dice"), ((Cell(text.get("name", "a")), Cell.of(0.5)),)),)),
        Section("Pictures", (Pictures((Picture(b"\xff\xd8", text.get("caption", "c")),)),)),
        Section("Drawn", (Drawings((Drawing("<svg></svg>", "a drawing"),)), Text("mind this", warning=True))),
        Section("Nothing", ()),
    )
    return html(text.get("title", "Title"), [("cases", "2")], sections)


def test_everything_is_there_and_empty_sections_are_not() -> None:
    seen = Seen(page())
    assert {"Title", "cases", "2", "Summary", "0.500", "a drawing", "mind this"} <= set(seen.words)
    assert "Nothing" not in seen.words
    assert seen.tags.count("svg") == seen.tags.count("img") == seen.tags.count("table") == 1


def test_nothing_is_fetched() -> None:
    links = Seen(page()).links
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)


def test_a_name_is_text_whatever_it_holds() -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}'
    seen = Seen(page(name=evil, caption=evil, title=evil))
    assert seen.tags.count("script") == 1
    assert seen.tags.count("img") == 1
    assert seen.words.count(evil) >= 2


def test_cells_carry_what_they_sort_by() -> None:
    assert Cell.of(0.1234) == Cell("0.123", 0.1234)
    assert Cell.of(math.inf, ".1f") == Cell("inf", math.inf)
    assert Cell.of(None).key is None
    assert Cell.of(math.nan).key is None
    assert 'data-key="0.5"' in page()
