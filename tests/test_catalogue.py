import pytest

from segmem.catalogue import Card, Figure, card, cards, choose
from segmem.core.errors import UnknownModelError, UsageError, WeightsError


def a_card(name="tmam-one", kind="video", **changes):
    values = {
        "name": name,
        "description": "d",
        "task": "instruments",
        "input": kind,
        "classes": ("background", "shaft", "tip"),
        "parameters": 5,
        "size_bytes": 1_500_000,
        "weights_licence": "research",
        "data": "two videos",
        "data_licence": "research",
        "numbers": (Figure(what="Dice", value=0.87, command="segmem evaluate"),),
        "hardware": "2 cores",
        "limits": "not for patients",
        "sha256": "ab" * 32,
        "citation": "c",
    }
    return Card.model_validate(values | changes)


def shelf(folder, *made):
    for one in made:
        (folder / f"{one.name}.json").write_text(one.model_dump_json())
    return folder


def test_cards_come_by_name(tmp_path):
    folder = shelf(tmp_path, a_card("b"), a_card("a", "volume"))
    assert [one.name for one in cards(folder)] == ["a", "b"]


def test_an_unknown_name_suggests_the_nearest(tmp_path):
    with pytest.raises(UnknownModelError, match="Did you mean 'tmam-endovis15'"):
        card("tmam-endovis", shelf(tmp_path, a_card("tmam-endovis15"), a_card("tmam-hippocampus", "volume")))


@pytest.mark.parametrize("name", ["../secret", "a/b", "..\\secret"])
def test_a_name_is_never_a_path(tmp_path, name):
    (tmp_path / "inner").mkdir()
    shelf(tmp_path, a_card("secret"))
    with pytest.raises(UnknownModelError):
        card(name, tmp_path / "inner")


def test_the_one_model_of_a_kind_is_taken(tmp_path):
    folder = shelf(tmp_path, a_card("v"), a_card("s", "volume"))
    assert choose("video", folder=folder) == "v"


def test_of_two_models_of_a_kind_none_is_taken(tmp_path):
    folder = shelf(tmp_path, a_card("v"), a_card("w"))
    with pytest.raises(UsageError, match=r"2 models are made for video input.*v, w"):
        choose("video", folder=folder)


def test_a_scan_s_model_must_be_named_even_where_there_is_one(tmp_path):
    folder = shelf(tmp_path, a_card("v"), a_card("s", "volume"))
    with pytest.raises(UsageError, match=r"-m.*volume: s\."):
        choose("volume", folder=folder)


def test_an_image_s_error_names_models_that_take_images(tmp_path):
    folder = shelf(tmp_path, a_card("v"), a_card("s", "volume"))
    with pytest.raises(UsageError, match=r"image: v\."):
        choose("image", folder=folder)


def test_prompts_choose_the_one_model_that_takes_them_for_any_input(tmp_path):
    folder = shelf(tmp_path, a_card("v"), a_card("s", "volume"), a_card("p", "any", prompted=True))
    assert choose("video", folder=folder) == "v"
    for kind in ("video", "volume", "image"):
        assert choose(kind, prompted=True, folder=folder) == "p"


def test_a_model_for_any_input_accepts_all_and_others_what_is_like_their_own():
    assert all(a_card("p", "any").accepts(kind) for kind in ("image", "video", "volume"))
    assert [a_card("v", "video").accepts(kind) for kind in ("image", "video", "volume")] == [
        True,
        True,
        False,
    ]
    assert [a_card("s", "volume").accepts(kind) for kind in ("image", "video", "volume")] == [
        False,
        False,
        True,
    ]


def test_of_two_promptable_models_none_is_taken(tmp_path):
    folder = shelf(tmp_path, *(a_card(name, "any", prompted=True) for name in "pq"), a_card("v"))
    with pytest.raises(UsageError, match=r"video: p, q\."):
        choose("video", prompted=True, folder=folder)


def test_a_card_that_does_not_say_what_it_must_is_named(tmp_path):
    (tmp_path / "bad.json").write_text('{"name": "bad"}')
    with pytest.raises(WeightsError, match=r"bad\.json.*description"):
        cards(tmp_path)


def test_a_summary_tells_what_to_know_first():
    told = a_card().summary()
    for part in ("tmam-one", "video", "1.5 MB", "research", "instruments", "shaft, tip", "Dice 0.87"):
        assert part in told


def test_the_text_holds_every_field():
    told = a_card().text()
    for part in ("not for patients", "two videos", "segmem evaluate", "1 shaft", "ab" * 32):
        assert part in told


def test_every_shipped_model_has_a_card_and_every_card_its_weights():
    from segmem.catalogue import SHIPPED
    from segmem.io.tensors import digest

    assert {path.stem for path in SHIPPED.glob("*.safetensors")} == {one.name for one in cards()}
    for one in cards():
        path = SHIPPED / f"{one.name}.safetensors"
        assert digest(path) == one.sha256
        assert path.stat().st_size == one.size_bytes
