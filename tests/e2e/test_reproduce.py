"""`segmem reproduce` on real videos, at the small scale."""

import json


def test_a_table_of_the_first_paper_in_minutes(segmem, data_root, tmp_path):
    ran = segmem("reproduce", "tmam-table1", "--scale", "smoke", "-d", data_root, "-o", "out")
    assert ran.code == 0, ran.err
    assert "segmem: U-Net EfficientNet-Lite0 + TMAM" in ran.out
    made = json.loads((tmp_path / "out" / "reproduction.json").read_text())
    (row,) = made["rows"]
    assert row["values"]["Dice"] > 0.2
    assert row["values"]["TC"] > 0.5
    assert json.loads((tmp_path / "out" / "splits.json").read_text()) == {
        "train": ["dataset1"],
        "test": ["dataset3"],
    }


def test_without_data_it_shows_what_was_published(segmem):
    ran = segmem("reproduce", "samed2-internal")
    assert (ran.code, ran.err) == (0, "")
    assert "0.7118" in ran.out
    assert "0.7490" in ran.out
    assert len(segmem("reproduce").out.splitlines()) == 6


def test_what_cannot_be_is_said_in_a_line(segmem, tmp_path):
    assert segmem("reproduce", "tmam-tabel1").failed_cleanly(2)
    assert segmem("reproduce", "samed2-internal", "-d", tmp_path).failed_cleanly(2)
    for scale, lacking in (("smoke", "EndoVis"), ("full", "SAR-RARP50")):
        missing = segmem("reproduce", "tmam-table1", "--scale", scale, "-d", tmp_path)
        assert missing.failed_cleanly(3)
        assert lacking in missing.err
