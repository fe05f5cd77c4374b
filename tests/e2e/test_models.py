"""`segmem models` tells what is shipped."""

import json


def test_the_shipped_models_are_listed_with_what_a_user_must_know(segmem):
    ran = segmem("models", "--json")
    assert (ran.code, ran.err) == (0, "")
    models = {model["name"]: model for model in json.loads(ran.out)["models"]}
    assert models.keys() >= {"tmam-endovis15", "tmam-hippocampus"}
    assert models["tmam-endovis15"]["input"] == "video"
    assert models["tmam-hippocampus"]["input"] == "volume"
    for model in models.values():
        assert model["parameters"] <= 8_000_000
        assert model["size_bytes"] < 16_000_000
        assert all(number["command"] for number in model["numbers"])


def test_one_card_is_shown_in_words(segmem):
    ran = segmem("models", "tmam-endovis15")
    assert ran.code == 0
    for word in ("limits:", "weights licence:", "data licence:", "sha256:", "1 "):
        assert word in ran.out


def test_an_unknown_model_suggests_the_nearest(segmem):
    ran = segmem("models", "tmam-hipocampus")
    assert ran.failed_cleanly(2)
    assert "Did you mean 'tmam-hippocampus'?" in ran.err
