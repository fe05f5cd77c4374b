import pytest

from datasets import write_decathlon, write_nnunet
from labelled import write_images
from segmem.convert_data.before import channels_of, require_apart, require_names, wanted_map
from segmem.convert_data.request import Request
from segmem.core.errors import InputError, SettingsError, UsageError
from segmem.data.cases import LabelledCase
from segmem.data.layouts import raw_cases


def ask(source, to="nnunet", **more):
    return Request(source=source, target=source.parent / "out", to=to, **more)


def test_channels_are_all_or_the_named_one(tmp_path):
    root = write_decathlon(tmp_path / "d", modalities=("FLAIR", "T1w"))
    cases = raw_cases(root)
    assert channels_of(ask(root), cases) == [0, 1]
    assert channels_of(ask(root, "segmem", channel="T1w"), cases) == [1]
    with pytest.raises(SettingsError, match="no such channel"):
        channels_of(ask(root, channel="T3"), cases)


def test_a_label_to_be_ignored_has_no_place_in_our_layouts(tmp_path):
    root = write_nnunet(tmp_path / "d", labels={"background": 0, "atrium": 1, "wall": 2, "ignore": 3})
    cases = raw_cases(root)
    assert wanted_map(ask(root), "nnunet", cases).table == {0: 0, 1: 1, 2: 2, 3: 3}
    assert wanted_map(ask(root, "segmem"), "nnunet", cases).table == {0: 0, 1: 1, 2: 2}
    said = wanted_map(ask(root, "segmem", label_map=("ignore=wall",)), "nnunet", cases)
    assert said.table == {0: 0, 1: 1, 2: 2, 3: 2}


def test_parts_of_regions_are_known_for_the_message(tmp_path):
    root = write_nnunet(tmp_path / "d", labels={"background": 0, "whole": [1, 2], "core": [2]})
    assert wanted_map(ask(root), "nnunet", raw_cases(root)).parts == {1: "whole", 2: "whole"}


def test_source_and_target_lie_apart(tmp_path):
    root = write_images(tmp_path / "d", ["a"])
    require_apart(ask(root, "segmem"))
    for target in (root, root / "new", tmp_path):
        with pytest.raises(UsageError, match="lie in each other"):
            require_apart(Request(source=root, target=target, to="segmem"))


@pytest.mark.parametrize(
    ("names", "told"),
    [(["a", "A"], "one name on some systems"), (["../a"], "cannot be"), ([".a"], "cannot be")],
)
def test_names_must_be_fit_for_files(names, told):
    with pytest.raises(InputError, match=told):
        require_names([LabelledCase(name, "g", "image", lambda: iter(())) for name in names])
