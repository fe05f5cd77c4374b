import json

from labelled import write_images
from segmem.__main__ import main

TABLE = (
    "sources: [{name: Eyes, folder: eyes, modality: Colonoscopy, licence: free,"
    " tasks: [{object: Polyp, values: [1]}]}]"
)


def test_a_medbank_is_made_told_and_not_replaced_unasked(tmp_path, capsys):
    write_images(tmp_path / "data" / "eyes", ["a", "b"])
    (tmp_path / "table.yaml").write_text(TABLE)
    command = ["convert", "medbank", str(tmp_path / "data"), str(tmp_path / "bank"), "-q"]
    command += ["--sources", str(tmp_path / "table.yaml")]
    assert main(command) == 0
    assert "Polyp_Colonoscopy_1" in capsys.readouterr().out
    assert main(command) == 4
    capsys.readouterr()
    assert main([*command, "--overwrite", "--json", "--split", "released"]) == 0
    assert json.loads(capsys.readouterr().out)["tasks"]["Polyp_Colonoscopy_1"]["images"] == 2
    (tmp_path / "data" / "eyes" / "images" / "b.png").write_bytes(b"nothing")
    assert main([*command, "--overwrite"]) == 3
    assert "segmem: Eyes: " in capsys.readouterr().err
    assert main([*command[:2], str(tmp_path), *command[3:]]) == 2
