import json

import nibabel as nib
import numpy as np
import pytest
import torch

from datasets import OBLIQUE, organs, save, write_acdc, write_davis, write_decathlon, write_nnunet
from labelled import write_images, write_scans, write_video_case
from segmem.convert_data import run as module
from segmem.convert_data.request import Request
from segmem.convert_data.run import convert_data
from segmem.core.errors import InputError, OutputError, SettingsError, UsageError
from segmem.data.class_names import write_class_names
from segmem.data.layouts import class_names, find_labelled, recognise

HEART = ("1=RV", "2=myocardium", "3=LV")


def convert(source, target, to, **more):
    return convert_data(Request(source=source, target=target, to=to, **more))


def content(root):
    """Names, frames and labels of every case."""
    return {case.name: [(frame, label) for frame, label in case.read()] for case in find_labelled(root)}


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name, frames in one.items():
        for (frame, label), (again, wanted) in zip(frames, other[name], strict=True):
            assert torch.equal(frame, again)
            assert torch.equal(label, wanted)


def affines(root, folder):
    return [nib.load(path).affine for path in sorted((root / folder).glob("*.nii.gz"))]


def test_scans_come_back_from_nnunet_with_the_same_labels_and_affines(tmp_path):
    root = tmp_path / "own"
    for seed, name in enumerate(("a", "b")):
        place = OBLIQUE + seed * np.diag([0.1, 0, 0, 0])
        save(root / "images" / f"{name}.nii.gz", np.random.default_rng(seed).normal(size=(20, 24, 5)), place)
        save(root / "labels" / f"{name}.nii.gz", organs((1, 2, 3)), place)
    made = convert(root, tmp_path / "n", "nnunet", label_map=HEART, modality="CT")
    assert (recognise(tmp_path / "n").layout, made.faults) == ("nnunet", ())
    assert json.loads((tmp_path / "n" / "dataset.json").read_text())["channel_names"] == {"0": "CT"}
    convert(tmp_path / "n", tmp_path / "back", "segmem")
    assert class_names(tmp_path / "back") == {0: "background", 1: "RV", 2: "myocardium", 3: "LV"}
    assert_same(content(root), content(tmp_path / "back"))
    for images, labels in (("images", "labels"), ("imagesTr", "labelsTr")):
        there = tmp_path / ("n" if images == "imagesTr" else "back")
        for old, new, label in zip(
            affines(root, "images"), affines(there, images), affines(there, labels), strict=True
        ):
            assert np.array_equal(old, new)
            assert np.array_equal(old, label)


def test_pictures_come_back_from_nnunet(tmp_path):
    write_images(tmp_path / "own", ["a", "b"], value=2)
    write_class_names(tmp_path / "own", {0: "background", 2: "polyp"})
    made = convert(tmp_path / "own", tmp_path / "n", "nnunet")
    assert made.label_map == {0: 0, 2: 1}
    convert(tmp_path / "n", tmp_path / "back", "segmem", classes=("background", "tool", "polyp"))
    assert_same(content(tmp_path / "own"), content(tmp_path / "back"))


def test_a_sequence_becomes_our_video_and_nnunets_pictures(tmp_path):
    write_davis(tmp_path / "d", ["bear", "dogs"])
    convert(tmp_path / "d", tmp_path / "own", "segmem")
    assert_same(content(tmp_path / "d"), content(tmp_path / "own"))
    made = convert(tmp_path / "own", tmp_path / "n", "nnunet", label_map=("1=first", "2=second"))
    assert made.cases["bear"] == ("bear_frame00000", "bear_frame00001", "bear_frame00002")
    assert len(find_labelled(tmp_path / "n")) == 6
    (fold, _) = json.loads((tmp_path / "n" / "splits_final.json").read_text())
    assert {name[:4] for name in fold["train"]}.isdisjoint({name[:4] for name in fold["val"]})


def test_channels_go_to_files_of_their_own_or_one_is_named(tmp_path):
    write_decathlon(tmp_path / "d", modalities=("FLAIR", "T1w"))
    convert(tmp_path / "d", tmp_path / "n", "nnunet")
    assert_same(content(tmp_path / "d"), content(tmp_path / "n"))
    for source in ("d", "n"):
        convert(tmp_path / source, tmp_path / f"{source}_own", "segmem", channel="T1w")
    assert_same(content(tmp_path / "d_own"), content(tmp_path / "n_own"))
    frame = content(tmp_path / "d_own")["BRATS_001"][2][0]
    assert torch.equal(frame[0], content(tmp_path / "d")["BRATS_001"][2][0][1])
    with pytest.raises(UsageError, match="Name one with --channel FLAIR"):
        convert(tmp_path / "d", tmp_path / "o", "segmem")
    with pytest.raises(SettingsError, match="no such channel"):
        convert(tmp_path / "d", tmp_path / "o", "segmem", channel="T2")


def test_a_bad_case_is_reported_and_the_rest_go_on(tmp_path):
    write_scans(tmp_path / "d", ["a", "b", "c"])
    (tmp_path / "d" / "images" / "b.nii.gz").write_bytes(b"no scan")
    save(tmp_path / "d" / "labels" / "c.nii.gz", organs((2, 9)), np.diag([1.0, 1.0, 3.0, 1.0]))
    made = convert(tmp_path / "d", tmp_path / "n", "nnunet", label_map=("2=organ",))
    assert list(made.cases) == ["a"]
    assert [fault[:3] for fault in made.faults] == ["b: ", "c: "]
    assert "no map covers label 9 (72 pixels in 3 frames)" in made.faults[1]
    assert sorted(path.name for path in (tmp_path / "n" / "imagesTr").iterdir()) == ["a_0000.nii.gz"]
    assert len(find_labelled(tmp_path / "n")) == 1
    told = json.loads((tmp_path / "n" / "conversion.json").read_text())
    assert told["faults"] == list(made.faults)


def test_where_no_case_can_be_converted_nothing_is_written(tmp_path):
    write_scans(tmp_path / "d", ["a"])
    with pytest.raises(InputError, match=r"not one case could be converted\. a: no map covers label 2"):
        convert(tmp_path / "d", tmp_path / "n", "nnunet")
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_nothing_is_overwritten_unless_asked(tmp_path):
    write_images(tmp_path / "d", ["a"])
    convert(tmp_path / "d", tmp_path / "o", "segmem")
    with pytest.raises(OutputError, match="exists"):
        convert(tmp_path / "d", tmp_path / "o", "segmem")
    write_images(tmp_path / "d", ["b"])
    assert len(convert(tmp_path / "d", tmp_path / "o", "segmem", overwrite=True).cases) == 2
    write_images(tmp_path / "other", ["x"])
    with pytest.raises(OutputError, match="not an earlier output"):
        convert(tmp_path / "d", tmp_path / "other", "segmem", overwrite=True)
    with pytest.raises(UsageError, match="lie in each other"):
        convert(tmp_path / "d", tmp_path / "d" / "new", "segmem")


def test_an_interrupted_conversion_goes_on_where_it_was(tmp_path, monkeypatch):
    write_images(tmp_path / "d", ["a", "b", "c"])
    written = []

    def stop_at(name):
        def write(case, *rest):
            if case.name == name:
                raise KeyboardInterrupt
            written.append(case.name)
            return plain(case, *rest)

        monkeypatch.setattr(module.to_segmem, "write", write)

    plain = module.to_segmem.write
    stop_at("b")
    with pytest.raises(KeyboardInterrupt):
        convert(tmp_path / "d", tmp_path / "o", "segmem")
    assert not (tmp_path / "o").exists()
    stop_at("")
    with pytest.raises(UsageError, match="begun with other files or options"):
        convert(tmp_path / "d", tmp_path / "o", "segmem", label_map=("1=x",), resume=True)
    convert(tmp_path / "d", tmp_path / "o", "segmem", resume=True)
    assert written == ["a", "b", "c"]
    assert_same(content(tmp_path / "d"), content(tmp_path / "o"))
    assert not any(path.name.startswith(".") for path in (tmp_path / "o").iterdir())


def test_what_is_to_be_ignored_stays_so_in_nnunet_and_has_to_be_said_in_ours(tmp_path):
    labels = {"background": 0, "ignore": 3, "atrium": 1, "wall": 2}
    write_nnunet(tmp_path / "d", labels=labels, values=(1, 2, 3))
    convert(tmp_path / "d", tmp_path / "n", "nnunet")
    assert class_names(tmp_path / "n")[3] == "ignore"
    with pytest.raises(InputError, match=r"no map covers label 3 'ignore' \(72 pixels"):
        convert(tmp_path / "d", tmp_path / "o", "segmem")
    convert(tmp_path / "d", tmp_path / "o", "segmem", label_map=("ignore=background",))
    assert max(int(label.max()) for _, label in content(tmp_path / "o")["la_003"]) == 2


def test_regions_are_converted_once_their_parts_have_names(tmp_path):
    labels = {"background": 0, "whole": [1, 2], "core": 2}
    write_nnunet(tmp_path / "d", labels=labels)
    with pytest.raises(InputError, match=r"no map covers label 1, a part of whole \(72 pixels"):
        convert(tmp_path / "d", tmp_path / "o", "segmem")
    made = convert(tmp_path / "d", tmp_path / "o", "segmem", label_map=("1=edema",))
    assert made.classes == {0: "background", 1: "edema", 2: "core"}


def test_kinds_are_not_mixed(tmp_path):
    write_acdc(tmp_path / "d", [1])
    made = convert(tmp_path / "d", tmp_path / "n", "nnunet")
    assert made.classes[2] == "myocardium"
    write_video_case(tmp_path / "v" / "one", 3, [1])
    assert convert(tmp_path / "v", tmp_path / "w", "segmem").why == "1 folder with video.* beside masks/"


def test_real_hearts_go_to_nnunet_and_back(data_root, tmp_path):
    for folder in ("images", "labels"):
        (tmp_path / "own" / folder).mkdir(parents=True)
        for path in sorted((data_root / "mr_acdc" / folder).glob("*.nii.gz"))[:4]:
            (tmp_path / "own" / folder / path.name).write_bytes(path.read_bytes())
    group = r"^(patient\d+)"
    made = convert(tmp_path / "own", tmp_path / "n", "nnunet", label_map=HEART, modality="MR", group=group)
    assert made.notes[0].startswith("splits_final.json has 2 folds")
    convert(tmp_path / "n", tmp_path / "back", "segmem")
    assert_same(content(tmp_path / "own"), content(tmp_path / "back"))
    for one, other in zip(
        affines(tmp_path / "own", "images"), affines(tmp_path / "back", "labels"), strict=True
    ):
        assert np.array_equal(one, other)


def test_what_a_reader_warns_of_becomes_a_note(tmp_path):
    write_scans(tmp_path / "d", ["a"])
    image = nib.load(tmp_path / "d" / "images" / "a.nii.gz")
    image.set_qform(np.diag([2.0, 2.0, 3.0, 1.0]), code=1)
    nib.save(image, tmp_path / "d" / "images" / "a.nii.gz")
    made = convert(tmp_path / "d", tmp_path / "o", "segmem")
    assert any("sform and qform differ" in note for note in made.notes)
    again = nib.load(tmp_path / "o" / "images" / "a.nii.gz")
    assert np.array_equal(again.get_qform(), image.get_qform())
