"""Every link of the documentation leads to a file and a heading that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/*.md")])
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(text: str) -> set[str]:
    """The names of a page's headings, as viewers of Markdown make them."""
    names: set[str] = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", shown).strip().replace(" ", "-")
        again = 0
        while (name if again == 0 else f"{name}-{again}") in names:
            again += 1
        names.add(name if again == 0 else f"{name}-{again}")
    return names


def lost_links(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    lost = []
    for target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in target or target.startswith("mailto:"):
            continue
        place, _, anchor = target.partition("#")
        there = page.parent / place if place else page
        whole = there.exists() and (not anchor or anchor in anchors(there.read_text(encoding="utf-8")))
        if not whole:
            lost.append(target)
    return lost


def test_every_link_leads_somewhere():
    lost = {str(page.relative_to(ROOT)): links for page in PAGES if (links := lost_links(page))}
    assert lost == {}


def test_a_missing_file_and_a_missing_heading_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One *thing*: `it`\n\n[a](#one-thing-it) [b](#two) [c](gone.md) [d](page.md#two)\n")
    assert lost_links(page) == ["#two", "gone.md", "page.md#two"]


def test_code_has_no_links_and_no_headings(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```\n# not a heading\n[a](gone.md)\n```\n\n[b](#not-a-heading)\n")
    assert lost_links(page) == ["#not-a-heading"]


def test_headings_of_one_name_are_numbered():
    assert anchors("# A\n## A\n## A\n") == {"a", "a-1", "a-2"}
