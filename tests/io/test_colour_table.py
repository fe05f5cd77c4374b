from pathlib import Path

from segmem.io.colour_table import beside, write_colour_table
from segmem.io.palette import PALETTE


def test_each_class_has_a_line_that_slicer_parts_at_blanks(tmp_path):
    write_colour_table(tmp_path / "t.ctbl", ("background", "left  kidney", "spleen"))
    lines = [line for line in (tmp_path / "t.ctbl").read_text().splitlines() if not line.startswith("#")]
    assert [line.split() for line in lines] == [
        ["0", "background", "0", "0", "0", "0"],
        ["1", "left_kidney", *(str(part) for part in PALETTE[1]), "255"],
        ["2", "spleen", *(str(part) for part in PALETTE[2]), "255"],
    ]


def test_the_table_is_named_for_the_labels_or_lies_in_their_folder():
    assert beside(Path("a/organs.manifest.json")) == Path("a/organs.ctbl")
    assert beside(Path("a/manifest.json")) == Path("a/labels.ctbl")
    assert beside(Path("a/v1.2.manifest.json")) == Path("a/v1.2.ctbl")
