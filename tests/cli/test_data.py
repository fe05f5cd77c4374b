import json

from labelled import write_images, write_video_case
from segmem.__main__ import main


def test_a_split_is_written_and_told(tmp_path, capsys):
    for name in ("a", "b", "c"):
        write_video_case(tmp_path / "data" / name, 2, [1])
    out = tmp_path / "splits.json"
    assert main(["split", str(tmp_path / "data"), "-o", str(out), "--folds", "3"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"{out}: 3 cases (video_masks) in 3 groups"
    assert told[1:] == [f"fold {n}: 2 train, 1 validation, 0 test" for n in range(3)]
    shares = ["--fractions", ".7,.3", "--overwrite", "--json"]
    assert main(["split", str(tmp_path / "data"), "-o", str(out), *shares]) == 0
    (fold,) = json.loads(capsys.readouterr().out)["folds"]
    assert (len(fold["train"]), len(fold["validation"])) == (2, 1)
    assert main(["split", str(tmp_path / "data"), "-o", str(out)]) == 2
    assert main(["split", str(tmp_path / "data"), "-o", str(out), "--folds", "2"]) == 4


def test_a_conversion_tells_what_it_took_the_folder_for_and_what_went_wrong(tmp_path, capsys):
    write_images(tmp_path / "data", ["a", "b"], value=255)
    (tmp_path / "data" / "images" / "b.png").write_bytes(b"nothing")
    command = ["convert", "data", str(tmp_path / "data"), str(tmp_path / "n"), "--to", "nnunet"]
    assert main([*command, "--label-map", "255=polyp"]) == 3
    told = capsys.readouterr()
    assert told.out == f"{tmp_path / 'n'}: 1 cases.\n"
    taken, note, fault = told.err.splitlines()
    assert taken == f"{tmp_path / 'data'}: taken for image_masks: 2 files masks/*.png beside images/"
    assert note.startswith("note: no splits_final.json")
    assert fault.startswith("segmem: b: ")
    assert main([*command, "--label-map", "255=polyp"]) == 4
    assert main([*command[:3], str(tmp_path / "m"), *command[4:]]) == 3
    assert main([*command, "--label-map", "255"]) == 2
