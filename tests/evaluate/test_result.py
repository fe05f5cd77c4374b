"""One run, measured."""

from measured import result, scored


def test_groups_count_once() -> None:
    cases = [scored("a", {"tip": 1}, "p1"), scored("b", {"tip": 1}, "p1"), scored("c", {"tip": 1}, "p2")]
    assert result("r", cases).groups == 2
