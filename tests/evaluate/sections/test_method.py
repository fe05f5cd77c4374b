"""How it was measured, as a section."""

from pathlib import Path

from measured import result, scored
from segmem.evaluate.request import Request
from segmem.evaluate.sections.method import method
from segmem.report.page import Text


def test_what_failed_is_marked_and_what_was_mapped_is_told() -> None:
    asked = Request(predictions=(Path("p"),), data=Path("d"), out=Path("o"), label_map={255: 1})
    one = result("r", [scored("a", {"tip": 1})], ["b: no prediction."], ["a: a note"])
    blocks = [block for block in method(asked, [one]).blocks if isinstance(block, Text)]
    assert [(block.text, block.warning) for block in blocks[:2]] == [
        ("r: b: no prediction.", True),
        ("r: a: a note", False),
    ]
    assert blocks[-1].text == "Values of the truth's labels: 255 is 1."
