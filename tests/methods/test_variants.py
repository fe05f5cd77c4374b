from segmem.methods.variants import filled, of_variant

VARIANTS = {"ours": {}, "theirs": {"size": 3, "part": {"on": False, "deep": {"a": 1, "b": 2}}}}


def test_what_is_given_goes_over_the_variant_part_by_part():
    given = {"variant": "theirs", "part": {"deep": {"b": 5}}}
    assert of_variant(given, VARIANTS, "ours") == {
        "variant": "theirs",
        "size": 3,
        "part": {"on": False, "deep": {"a": 1, "b": 5}},
    }
    assert VARIANTS["theirs"]["part"]["deep"]["b"] == 2


def test_without_a_name_it_is_the_default():
    assert of_variant({"size": 1}, VARIANTS, "theirs") == {"size": 1, "part": VARIANTS["theirs"]["part"]}
    assert of_variant({"size": 1}, VARIANTS, "ours") == {"size": 1}


def test_what_is_no_mapping_is_left_to_the_settings():
    made = object()
    assert of_variant(made, VARIANTS, "theirs") is made


def test_a_whole_part_in_place_of_a_mapping_is_taken_as_it_is():
    assert filled({"part": 7}, VARIANTS["theirs"]) == {"size": 3, "part": 7}
