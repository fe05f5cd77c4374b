"""What a number was made on."""

from pathlib import Path

import torch

from segmem.reproduce import hardware as module
from segmem.reproduce.hardware import hardware


def test_in_a_line() -> None:
    told = hardware()
    assert " cores, " in told
    assert torch.__version__ in told
    assert "\n" not in told


def test_the_processor_by_its_name_or_by_its_kind(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("vendor_id : x\nmodel name : Quick (R) 9\nmodel name : Quick (R) 9\n")
    assert module._processor(tmp_path / "cpuinfo") == "Quick (R) 9"
    assert module._processor(tmp_path / "none")
