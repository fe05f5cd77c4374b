"""Objects that are prompted on the command line: in an image, a video and a scan; and every prompt that cannot be."""

import csv
import json
import os

import nibabel as nib
import numpy as np
import pytest
import torch
from PIL import Image

from checkpoints import official, write_pt
from footage import pictures, write_picture, write_scan, write_video
from nano import nano_sam2
from segmem.methods.load import save

LEFT, RIGHT = "3,4,40,56", "50,4,86,56"


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("shelf") / "nano-sam2.safetensors"
    save(nano_sam2(), path)
    return path


@pytest.fixture
def predict(segmem, weights):
    """Run `segmem predict` with the nano SAM2; words of the command, split at spaces."""

    def run(words, model=weights):
        return segmem("predict", "-m", model, *words.split())

    return run


def read(path):
    with Image.open(path) as image:
        return np.array(image)


def frames(folder):
    return [read(path) for path in sorted((folder / "labels").iterdir())]


def told(folder, frame):
    """The lines of frames.csv on one frame."""
    with (folder / "frames.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["frame"] == str(frame)]


def ids(labels):
    return {int(value) for value in np.unique(labels)} - {0}


def voxels(path):
    return np.asarray(nib.load(path).dataobj)


def masks():
    """Two objects on one picture, ids 2 and 7."""
    labels = np.zeros((60, 90), np.uint8)
    labels[8:32, 8:40], labels[36:56, 48:84] = 2, 7
    return labels


# image


def test_boxes_and_points_of_several_objects_in_an_image(predict, tmp_path):
    write_picture(tmp_path / "i.png")
    ran = predict(
        f"-i i.png -o out.png --box 7={LEFT} --point 7=20,30,+ --point 7=38,50,- --point 200=70,30,+"
        " --show-prompts shown.png"
    )
    assert (ran.code, ran.err) == (0, "")
    labels = read(tmp_path / "out.png")
    assert labels.shape == (60, 90)
    assert ids(labels) == {7, 200}
    shown = read(tmp_path / "shown.png")
    assert shown.shape[0] % 60 == 0
    assert shown.shape[1] % 90 == 0
    manifest = json.loads((tmp_path / "out.manifest.json").read_text())
    assert manifest["model"] == "nano-sam2.safetensors"
    assert f"7={LEFT}" in manifest["command"]


def test_a_label_map_prompts_each_of_its_objects_and_comes_back(predict, tmp_path):
    write_picture(tmp_path / "i.png")
    Image.fromarray(masks()).save(tmp_path / "m.png")
    assert predict("-i i.png -o out.png --mask m.png").code == 0
    assert (read(tmp_path / "out.png") == masks()).mean() > 0.9
    assert predict("-i i.png -o one.png --mask 9=m.png").code == 0
    assert ((read(tmp_path / "one.png") == 9) == (masks() > 0)).mean() > 0.9


def test_a_rough_mask_begins_an_object_and_is_not_taken_as_it_is(predict, tmp_path):
    write_picture(tmp_path / "i.png")
    brushed = np.zeros((60, 90), np.uint8)
    brushed[8:32, 8:40] = 255
    Image.fromarray(brushed).save(tmp_path / "m.png")
    assert predict("-i i.png -o out.png --rough 3=m.png --show-prompts shown.png").code == 0
    found = read(tmp_path / "out.png")
    assert ids(found) <= {3}
    assert ((found == 3) != (brushed > 0)).any()
    said = [{"object": 3, "mask": "m.png", "rough": True}]
    (tmp_path / "said.json").write_text(json.dumps(said))
    assert predict("-i i.png -o same.png --prompts said.json").code == 0
    assert np.array_equal(read(tmp_path / "same.png"), found)
    assert "--rough" in json.loads((tmp_path / "out.manifest.json").read_text())["command"]


# video


def test_every_way_from_a_prompted_frame_of_a_video(predict, tmp_path):
    write_video(tmp_path / "v.mkv", 7)
    found = {}
    for way in ("forward", "backward", "both"):
        ran = predict(f"-i v.mkv -o {way} --box {LEFT} --on 3 --direction {way} --show-prompts seen-{way}")
        assert (ran.code, ran.err) == (0, "")
        assert [path.name for path in (tmp_path / f"seen-{way}").iterdir()] == ["00003.png"]
        found[way] = frames(tmp_path / way)
        assert len(found[way]) == 7
    assert [bool(labels.any()) for labels in found["forward"]] == [False] * 3 + [True] * 4
    assert [bool(labels.any()) for labels in found["backward"]] == [True] * 4 + [False] * 3
    assert all(map(np.array_equal, found["both"], [*found["backward"][:3], *found["forward"][3:]]))


def test_a_folder_of_frames_is_the_video_it_came_from(predict, tmp_path):
    write_video(tmp_path / "v.mkv", 4)
    (tmp_path / "frames").mkdir()
    for index, picture in enumerate(pictures(4)):
        Image.fromarray(picture).save(tmp_path / "frames" / f"{index:05d}.png")
    for source, out in (("v.mkv", "a"), ("frames", "b")):
        assert predict(f"-i {source} -o {out} --box {LEFT} --point 2=70,30,+").code == 0
    assert all(map(np.array_equal, frames(tmp_path / "a"), frames(tmp_path / "b")))
    assert ids(np.stack(frames(tmp_path / "a"))) == {1, 2}


def test_a_file_of_prompts_begins_corrects_and_adds_objects(predict, tmp_path):
    write_video(tmp_path / "v.mkv", 6)
    (tmp_path / "said").mkdir()
    Image.fromarray(masks()).save(tmp_path / "said" / "m.png")
    said = [
        {"object": 1, "box": [3, 4, 40, 56]},
        {"frame": 2, "object": 5, "mask": "m.png"},
        {"frame": 4, "object": 1, "points": [[30, 30, 0], [60, 20, 1]]},
    ]
    (tmp_path / "said" / "p.json").write_text(json.dumps(said))
    assert predict("-i v.mkv -o all --prompts said/p.json --show-prompts seen").code == 0
    (tmp_path / "said" / "p.json").write_text(json.dumps(said[:2]))
    assert predict("-i v.mkv -o some --prompts said/p.json").code == 0

    found, before = frames(tmp_path / "all"), frames(tmp_path / "some")
    assert ids(found[0]) == {1}
    assert ids(found[1]) <= {1}
    assert 5 in ids(found[2])
    assert ((found[2] == 5) == (masks() > 0)).mean() > 0.9
    assert all(map(np.array_equal, found[:4], before[:4])), "a correction has changed what came before it"
    assert told(tmp_path / "all", 4) != told(tmp_path / "some", 4)
    assert sorted(path.name for path in (tmp_path / "seen").iterdir()) == [
        "00000.png",
        "00002.png",
        "00004.png",
    ]
    rows = told(tmp_path / "all", 5)
    assert [row["class"] for row in rows] == ["1", "5"]
    areas = [int(row["area_px"]) for row in rows]
    assert areas == [int((found[5] == one).sum()) for one in (1, 5)]


def test_later_prompts_are_seen_by_earlier_frames_where_both_ways_are_gone(predict, tmp_path):
    write_video(tmp_path / "v.mkv", 5)
    for name, more in (("one", ""), ("two", " --prompts p.json")):
        (tmp_path / "p.json").write_text('[{"frame": 4, "object": 1, "points": [[60, 20, 1]]}]')
        assert predict(f"-i v.mkv -o {name} --box {LEFT} --direction both{more}").code == 0
    one, two = frames(tmp_path / "one"), frames(tmp_path / "two")
    assert np.array_equal(one[0], two[0]), "what was said on the very frame stands"
    assert not np.array_equal(one[1], two[1])


def test_a_correction_of_what_memory_says_is_not_a_new_beginning(predict, tmp_path):
    write_video(tmp_path / "v.mkv", 4)
    (tmp_path / "p.json").write_text('[{"frame": 3, "object": 1, "points": [[60, 20, 1]]}]')
    assert predict(f"-i v.mkv -o corrected --box {LEFT} --prompts p.json").code == 0
    assert predict("-i v.mkv -o alone --prompts p.json").code == 0
    assert not np.array_equal(frames(tmp_path / "corrected")[3], frames(tmp_path / "alone")[3])


# scan


def test_every_way_from_a_slice_of_a_scan(predict, tmp_path):
    scan = nib.load(write_scan(tmp_path / "s.nii.gz"))
    found = {}
    for way in ("forward", "backward", "both"):
        ran = predict(f"-i s.nii.gz -o {way}.nii.gz --box 6=8,4,22,20 --direction {way}")
        assert (ran.code, ran.err) == (0, "")
        found[way] = voxels(tmp_path / f"{way}.nii.gz")
        assert found[way].shape == scan.shape
        assert nib.load(tmp_path / f"{way}.nii.gz").affine.tobytes() == scan.affine.tobytes()
        assert ids(found[way]) == {6}
    assert not found["forward"][..., :3].any()
    assert not found["backward"][..., 4:].any()
    assert np.array_equal(found["forward"][..., 3], found["backward"][..., 3])
    assert np.array_equal(found["forward"][..., 3:], found["both"][..., 3:])
    assert np.array_equal(found["backward"][..., :4], found["both"][..., :4])
    assert predict("-i s.nii.gz -o usual.nii.gz --box 6=8,4,22,20").code == 0
    assert np.array_equal(voxels(tmp_path / "usual.nii.gz"), found["both"])


def test_millimetres_name_the_slice_and_the_place(predict, tmp_path):
    write_scan(tmp_path / "s.nii.gz")  # steps of 1, 1 and 3 mm from the origin
    where = "--box 8,4,22,20 --point 2=15,12,+ --on 2"
    in_mm = "--world --box 8,20,6,22,4,6 --point 2=15,12,6.9,+"
    assert predict(f"-i s.nii.gz -o pixels.nii.gz {where} --show-prompts seen").code == 0
    assert [path.name for path in (tmp_path / "seen").iterdir()] == ["00002.png"]
    assert predict(f"-i s.nii.gz -o mm.nii.gz {in_mm}").code == 0
    assert np.array_equal(voxels(tmp_path / "mm.nii.gz"), voxels(tmp_path / "pixels.nii.gz"))

    scan = nib.load(tmp_path / "s.nii.gz")
    turned = np.diag([-1.0, 1.0, -3.0, 1.0])
    turned[:3, 3] = (29, 0, 18)
    nib.save(nib.Nifti1Image(np.asarray(scan.dataobj)[::-1, :, ::-1], turned), tmp_path / "t.nii.gz")
    assert predict(f"-i t.nii.gz -o t-mm.nii.gz {in_mm}").code == 0
    assert np.array_equal(voxels(tmp_path / "t-mm.nii.gz")[::-1, :, ::-1], voxels(tmp_path / "mm.nii.gz"))


def test_a_label_map_of_the_scan_is_a_mask_on_its_slice(predict, tmp_path):
    scan = nib.load(write_scan(tmp_path / "s.nii.gz"))
    labels = (np.asarray(scan.dataobj) > 500).astype(np.uint8) * 4
    nib.save(nib.Nifti1Image(labels, scan.affine), tmp_path / "m.nii.gz")
    assert predict("-i s.nii.gz -o out.nii.gz --mask 8=m.nii.gz --on 4").code == 0
    out = voxels(tmp_path / "out.nii.gz")
    assert ids(out) == {8}
    assert ((out[..., 4] == 8) == (labels[..., 4] == 4)).mean() > 0.9


# what cannot be


def inputs(folder):
    """One of each kind, and files that prompts name."""
    write_picture(folder / "i.png")
    write_video(folder / "v.mkv", 5)
    write_scan(folder / "s.nii.gz")
    Image.fromarray(masks()[:50]).save(folder / "small.png")
    Image.fromarray(masks()).save(folder / "m.png")
    (folder / "late.json").write_text('[{"frame": 9, "box": [3, 4, 30, 40]}]')
    (folder / "nan.json").write_text('[{"points": [[NaN, 4, 1]]}]')
    (folder / "key.json").write_text('[{"bax": [3, 4, 30, 40]}]')
    (folder / "cut.json").write_text('[{"box": [3, 4,\n 30')
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("-i i.png -o out.png --box 70,10,95,50", 2, "outside the image (the image is 90 x 60"),
        ("-i i.png -o out.png --point 20,75,+", 2, "Is it in the order row, column?"),
        ("-i i.png -o out.png --box 30,40,3,4", 2, "exchanged"),
        ("-i i.png -o out.png --box 30,4,30,40", 2, "no area"),
        ("-i i.png -o out.png --box nan,4,30,40", 2, "not finite"),
        ("-i i.png -o out.png --mask small.png", 2, "90 x 50 pixels (the image is 90 x 60"),
        ("-i i.png -o out.png --mask m.png --box 2=3,4,30,40", 2, "mask and also a box"),
        ("-i i.png -o out.png --rough m.png --box 2=3,4,30,40", 2, "rough mask and also a box"),
        ("-i i.png -o out.png --box 3,4,30,40 --on 1", 2, "frame 1, which does not exist"),
        ("-i i.png -o out.png", 2, "there is no prompt"),
        ("-i i.png -o out.png --box 3,4,30", 2, "x0,y0,x1,y1"),
        ("-i i.png -o out.png --mask nowhere.png", 3, "nowhere.png does not exist"),
        ("-i v.mkv -o out --box 3,4,30,40 --on 5", 2, "frame 5, which does not exist. There are 5"),
        ("-i v.mkv -o out --prompts late.json --direction both", 2, "frame 9"),
        ("-i v.mkv -o out --prompts nan.json", 2, "not finite"),
        ("-i v.mkv -o out --prompts key.json", 2, "Did you mean 'box'?"),
        ("-i v.mkv -o out --prompts cut.json", 2, "line 2"),
        ("-i s.nii.gz -o out.nii.gz --box 3,4,20,20 --on 7", 2, "There are 7: 0 to 6"),
        ("-i s.nii.gz -o out.nii.gz --world --point 3,4,90,+", 2, "outside the scan"),
        ("-i s.nii.gz -o out.nii.gz --mask m.png", 2, "90 x 60 pixels (the image is 30 x 24"),
    ],
)
def test_a_prompt_that_cannot_be_meant(predict, tmp_path, words, code, told):
    there = inputs(tmp_path)
    ran = predict(words)
    assert ran.failed_cleanly(code)
    assert told in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == there


def test_a_video_that_ends_before_its_header_says_and_before_the_prompt(predict, tmp_path):
    path = write_video(tmp_path / "v.avi", 30)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    for way in ("forward", "backward"):
        ran = predict(f"-i v.avi -o out --box {LEFT} --on 28 --direction {way}")
        assert ran.failed_cleanly(2)
        assert "frame 28, which does not exist" in ran.err
        assert [path.name for path in tmp_path.iterdir()] == ["v.avi"]
    ran = predict(f"-i v.avi -o out --box {LEFT} --on 8 --direction backward")
    assert ran.failed_cleanly(3)
    assert f"damaged: {len(frames(tmp_path / 'out'))} of 30 frames are good" in ran.err


def test_prompts_for_several_cases_or_a_model_without_are_refused(predict, video_weights, tmp_path):
    for name in ("a.png", "b.png"):
        write_picture(tmp_path / name)
    ran = predict(f"-i {tmp_path} -o out --box {LEFT}")
    assert ran.failed_cleanly(2)
    assert "2 cases" in ran.err
    ran = predict(f"-i a.png -o out.png --box {LEFT}", model=video_weights)
    assert ran.failed_cleanly(2)
    assert "takes no prompts" in ran.err
    ran = predict("-i a.png -o out.png --direction both", model=video_weights)
    assert ran.failed_cleanly(2)
    assert "--direction is about prompts" in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


# weights


class Hostile:
    """Runs a command where it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch canary",)


def cut(path):
    write_pt(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def hostile(path):
    torch.save({"model": {"image_encoder.trunk.pos_embed": Hostile()}}, path)


def strange(path):
    torch.save({"state_dict": {"layer1.0.conv1.weight": torch.zeros(8, 3, 3, 3)}}, path)


def incomplete(path):
    write_pt(path, {name: value for name, value in official().items() if "memory_encoder" not in name})


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (cut, "cut short or damaged"),
        (lambda path: path.write_text("<!DOCTYPE html><html><body>Not found</body></html>"), "web page"),
        (hostile, "executes nothing"),
        (strange, "no SAM2-family network"),
        (incomplete, "memory_encoder"),
    ],
)
def test_weights_that_cannot_be_used(predict, tmp_path, make, told):
    write_picture(tmp_path / "i.png")
    make(tmp_path / "w.pt")
    ran = predict(f"-i i.png -o out.png --box {LEFT}", model="w.pt")
    assert ran.failed_cleanly(3)
    assert ran.err.startswith("segmem: w.pt: ")
    assert told in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["i.png", "w.pt"], "no output and no canary"


def test_a_checkpoint_of_another_program_is_taken_as_it_is(predict, tmp_path):
    write_picture(tmp_path / "i.png")
    write_pt(tmp_path / "w.pt")
    ran = predict(f"-i i.png -o out.png --box {LEFT}", model="w.pt")
    assert (ran.code, ran.err) == (0, "")
    assert read(tmp_path / "out.png").shape == (60, 90)
