from segmem.doctor.finding import Code, Diagnosis
from segmem.doctor.told import told

FAULT = Code("a-fault", "fault", "A fault.", "It matters.", "Mend it.", fixable=True)
NOTE = Code("a-note", "note", "A note.", "It is good to know.", "Nothing.")


def test_nothing_found_is_said_in_one_line():
    lines = told(Diagnosis(path="a.png", kind="a picture", facts={"size": [9, 8]}, findings=())).splitlines()
    assert lines == ["a.png: a picture", "  size 9 x 8", "", "Nothing is wrong."]


def test_findings_of_one_code_are_grouped_and_the_reasons_said_once():
    found = (*(FAULT.at(f"{i}.nii", f"it is {i}") for i in range(5)), NOTE.at("x", "so"))
    text = told(Diagnosis(path="d", kind="a dataset", facts={}, findings=found))
    assert "FAULT  a-fault (5 places)" in text
    assert "0.nii: it is 0." in text
    assert "and 2 more (--json lists all)" in text
    assert "3.nii" not in text
    assert text.count("Why it matters: It matters.") == 1
    assert text.count("What to do: Mend it.") == 1
    assert text.endswith("5 faults, 1 note. --fix writes corrected copies for 5 of them.")


def test_facts_are_plain_words():
    facts = {"kinds": {"image": 1, "video": 2}, "classes": ["background", "liver"], "labels": {"1": 7}}
    text = told(Diagnosis(path="d", kind="k", facts=facts, findings=()))
    assert "kinds 1 image 2 videos, classes background, liver" in text
    assert "label 1: 7 pixels" in text
    shares = {"labels": {"1 liver": {"share": 0.25, "cases": 1}}}
    assert "label 1 liver: 25.00% in 1 case" in told(Diagnosis(path="d", kind="k", facts=shares, findings=()))
