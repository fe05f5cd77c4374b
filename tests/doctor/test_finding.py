from segmem.doctor.finding import Code, Diagnosis, sorted_findings, worst

NOTE = Code("a-note", "note", "A note.", "Why.", "Do.")
FAULT = Code("z-fault", "fault", "A fault.", "Why.", "Do.", fixable=True)


def test_a_finding_takes_its_reasons_from_its_code():
    one = FAULT.at("scan.nii", "it is bad")
    assert (one.code, one.severity, one.where, one.what, one.fix) == (
        "z-fault",
        "fault",
        "scan.nii",
        "it is bad",
        True,
    )
    assert (one.why, one.do) == ("Why.", "Do.")


def test_a_place_can_be_beyond_mending_though_its_kind_is_not():
    assert not FAULT.at("scan.nii", "it is bad", fix=False).fix


def test_the_most_severe_comes_first_and_places_keep_their_order():
    found = [NOTE.at("1", "x"), FAULT.at("b", "x"), FAULT.at("a", "x"), NOTE.at("0", "x")]
    assert [one.where for one in sorted_findings(found)] == ["b", "a", "1", "0"]


def test_nothing_found_is_ok():
    assert worst([]) == "ok"
    assert Diagnosis(path="p", kind="k", facts={}, findings=(NOTE.at("1", "x"),)).worst == "note"
