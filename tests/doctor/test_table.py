import re
from pathlib import Path

from segmem.doctor.table import codes, markdown

DOCS = Path(__file__).parents[2] / "docs" / "doctor.md"
TESTS = Path(__file__).parent


def test_the_documentation_lists_every_code_as_the_program_has_it():
    """To renew it: `python -m segmem.doctor.table` prints the table."""
    assert markdown() in DOCS.read_text(encoding="utf-8")


def test_each_code_is_declared_once_and_says_all_it_must():
    found = codes()
    assert len({one.code for one in found}) == len(found) > 60
    for one in found:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one.code)
        assert all(text.endswith((".", "?")) and "|" not in text for text in (one.title, one.why, one.do))
        assert one.severity in {"fault", "warning", "note"}


def test_each_finding_is_provoked_by_a_test():
    tests = "".join(path.read_text(encoding="utf-8") for path in TESTS.glob("test_*.py"))
    assert [one.code for one in codes() if f'"{one.code}"' not in tests] == []
