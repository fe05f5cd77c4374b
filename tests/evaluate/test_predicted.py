"""A model's answers to labelled cases."""

from pathlib import Path

import numpy as np
import pytest

from datasets import write_davis, write_nnunet
from labelled import write_images, write_scans, write_video_case
from segmem.core.errors import InputError
from segmem.data.layouts import find_labelled
from segmem.evaluate.pairs import pair
from segmem.evaluate.predicted import predicted
from segmem.evaluate.request import Request
from segmem.evaluate.run import run
from segmem.predict.watch import Watch
from shelf import write_scan_model, write_video_model


def test_videos_and_scans_can_be_paired_with_what_comes_of_them(tmp_path: Path) -> None:
    for name in ("op1", "op2"):
        write_video_case(tmp_path / "videos" / name, frames=3, labelled=[1])
    cases = find_labelled(tmp_path / "videos")
    home, faults = predicted(str(write_video_model(tmp_path)), cases, tmp_path / "out", Watch())
    paired = pair(cases, home)
    assert (len(paired.pairs), paired.extra, faults) == (2, (), ())
    assert (home / "op1" / "confidence" / "00002.png").is_file()


def test_a_lone_video(tmp_path: Path) -> None:
    write_video_case(tmp_path / "videos" / "op1", frames=3, labelled=[1])
    cases = find_labelled(tmp_path / "videos")
    home, _ = predicted(str(write_video_model(tmp_path)), cases, tmp_path / "out", Watch())
    (only,) = pair(cases, home).pairs
    assert len(list(only.prediction.glob("*.png"))) == 3


def test_what_is_whole_is_not_predicted_again_and_a_bad_case_is_named(tmp_path: Path) -> None:
    cases = find_labelled(write_scans(tmp_path / "scans", ["a", "b", "c"]))
    cases[1].files[0].write_bytes(b"no scan")
    model = str(write_scan_model(tmp_path))
    home, faults = predicted(model, cases, tmp_path / "out", Watch())
    assert len(faults) == 1
    assert faults[0].startswith("b.nii.gz: ")
    made = (home / "a.nii.gz").stat().st_mtime_ns
    predicted(model, cases, tmp_path / "out", Watch())
    assert (home / "a.nii.gz").stat().st_mtime_ns == made


def test_from_a_model_to_a_report(tmp_path: Path) -> None:
    """The classes are the model's own; a scan that cannot be predicted is named, the others are measured."""
    data = write_scans(tmp_path / "scans", ["a", "b"])
    model = str(write_scan_model(tmp_path))
    found = run(
        Request(
            predictions=(),
            models=(model,),
            data=data,
            out=tmp_path / "out",
            workers=1,
            flow=None,
            report=False,
        )
    )
    (entries,) = found.runs.values()
    dice = next(one for one in entries if one.metric == "dice")
    assert dice.cases + dice.absent == 2
    assert np.isfinite([value for value in dice.values.values() if value is not None]).all()


def test_cases_of_several_kinds_are_refused(tmp_path: Path) -> None:
    cases = [
        *find_labelled(write_images(tmp_path / "images", ["a"])),
        *find_labelled(write_scans(tmp_path / "scans", ["b"])),
    ]
    with pytest.raises(InputError, match=r"several kinds \(image, volume\)"):
        predicted("tmam-endovis15", cases, tmp_path / "out", Watch())


def test_sequences_of_pictures_are_predicted_as_videos(tmp_path: Path) -> None:
    cases = find_labelled(write_davis(tmp_path / "davis"))
    home, faults = predicted(str(write_video_model(tmp_path)), cases, tmp_path / "out", Watch())
    assert faults == ()
    assert [len(list(one.prediction.glob("*.png"))) for one in pair(cases, home).pairs] == [3, 3]
    found = run(
        Request(
            predictions=(home,),
            data=tmp_path / "davis",
            out=tmp_path / "r",
            flow=None,
            workers=1,
            report=False,
        )
    )
    assert found.faults == ()


def test_what_no_file_holds_alone_is_to_be_converted_first(tmp_path: Path) -> None:
    cases = find_labelled(write_nnunet(tmp_path / "d", channels=("A", "B")))
    with pytest.raises(InputError, match="segmem convert data"):
        predicted(str(write_scan_model(tmp_path)), cases, tmp_path / "out", Watch())
