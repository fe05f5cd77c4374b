import numpy as np

from segmem.doctor.fingerprint import BITS
from segmem.doctor.leaks import of_groups, of_pictures
from segmem.doctor.tally import Tally
from sick import of


def bits(seed: int, flipped: int = 0) -> np.ndarray:
    made = np.random.default_rng(seed).random(BITS) < 0.5
    made[:flipped] ^= True
    return made


def case(name: str, seed: int, group: str | None = None, flipped: int = 0, split: str | None = None) -> Tally:
    return Tally(name, group or name, "image", split, prints=[(0, bits(seed, flipped))])


FOLD = {"train": frozenset({"a", "p1"}), "validation": frozenset({"b"})}


def test_a_patient_in_two_folders_of_splits_is_a_fault():
    found = of_groups([case("a", 0, "p1", split="train"), case("b", 1, "p1", split="test")], [])
    assert of(found, "leak-group").what == "folders: it is in test and in train"


def test_a_patient_in_two_lists_is_a_fault_that_names_the_fold():
    tallies = [case("a", 0, "p1"), case("b", 1, "p1"), case("c", 2)]
    other = {"train": frozenset({"c"}), "validation": frozenset({"a"})}
    assert "the file of splits" in of(of_groups(tallies, [FOLD]), "leak-group").what
    assert "fold 1" in of(of_groups(tallies, [other, FOLD]), "leak-group").what
    assert of_groups(tallies, [other]) == []


def test_cases_that_look_alike_are_a_warning():
    found = of(of_pictures([case("a", 0), case("b", 0, flipped=3), case("c", 1)], []), "near-duplicate")
    assert found.where == "a"
    assert found.what == "a and b differ in 3 of 256 bits"


def test_across_splits_they_are_a_fault():
    alike = [case("a", 0), case("b", 0)]
    found = of(of_pictures(alike, [FOLD]), "leak-duplicate")
    assert found.severity == "fault"
    assert "one is in train, the other in validation" in found.what
    in_folders = [case("x", 0, split="train"), case("y", 0, split="test")]
    assert of(of_pictures(in_folders, []), "leak-duplicate").what.endswith(
        "one is in train, the other in test"
    )


def test_cases_of_one_group_may_look_alike():
    assert of_pictures([case("a", 0, "p1"), case("b", 0, "p1")], []) == []
    assert of_pictures([], []) == []


def test_of_a_video_the_frame_is_named():
    video = Tally("v", "v", "video", prints=[(0, bits(7)), (31, bits(0))])
    assert "v frame 31" in of(of_pictures([video, case("a", 0)], []), "near-duplicate").what
