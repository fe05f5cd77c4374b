from collections import Counter

from segmem.doctor.overview import examine, facts
from segmem.doctor.tally import Tally
from sick import codes, of


def case(name: str = "a", counts: dict[int, int] | None = None, **more: object) -> Tally:
    made = Tally(name, name, "video", counts=Counter(counts or {0: 90, 1: 10}), frames=1, labelled=1)
    for field, value in more.items():
        setattr(made, field, value)
    return made


def test_cases_alike_give_no_finding():
    assert examine([case(), case("b")], ("background", "liver")) == []


def test_a_class_of_the_list_that_nobody_shows_is_named():
    assert of(examine([case()], ("background", "liver", "vein")), "class-empty").where == "2 vein"


def test_a_number_that_never_occurs_is_noted_without_a_list():
    assert of(examine([case(counts={0: 5, 3: 5})], ()), "class-gap").what == "1, 2 never occurs"
    assert examine([case(counts={0: 5, 255: 5})], ()) == []


def test_channels_sizes_and_spacings_that_differ_are_named():
    one = case(channels={1}, sizes=Counter({(4, 5): 1}), spacing_mm=(1.0, 1.0, 2.0))
    two = case("b", channels={3}, sizes=Counter({(8, 9): 1}), spacing_mm=(1.0, 1.0, 5.0))
    found = examine([one, two], ())
    assert codes(found) == {"dataset-mixed-channels", "dataset-mixed-sizes", "dataset-mixed-spacing"}
    assert "1 as in a; 3 as in b" in of(found, "dataset-mixed-channels").what
    assert "2 mm in a and 5 mm in b" in of(found, "dataset-mixed-spacing").what


def test_shares_of_labels_are_told_by_name():
    told = facts([case(), case("b", {0: 100})], ("background", "liver"))
    assert told["labels"] == {
        "0 background": {"share": 0.95, "cases": 2},
        "1 liver": {"share": 0.05, "cases": 1},
    }
    assert (told["read"], told["frames"], told["labelled"]) == (2, 2, 2)
