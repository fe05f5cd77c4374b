from pathlib import Path

import pytest
import torch

from scans import ball_clip
from segmem.core import Labels
from segmem.core.errors import UsageError
from segmem.io.case import Case
from segmem.io.volume import read_label_volume
from segmem.predict.beside_scan import extra_paths, names_of, require_scans, write_extras
from segmem.predict.request import Request

ASKED = {
    "--min-volume": {"min_volume_mm3": 5.0},
    "--keep-largest": {"keep_largest": True},
    "--instances": {"instances": True},
    "--statistics": {"statistics": True},
    "--preview": {"preview": True},
    "--probabilities": {"probabilities": True},
}


def request(**changes: object) -> Request:
    return Request(source="in", out=Path("out"), **changes)


@pytest.mark.parametrize("option", ASKED)
def test_what_only_scans_have_is_refused_of_others_by_its_name(option):
    for kind in ("image", "video"):
        with pytest.raises(UsageError, match=option):
            require_scans(request(**ASKED[option]), [Case("c", kind, kind)])
    require_scans(request(**ASKED[option]), [Case("c", "volume", "volume")])
    require_scans(request(), [Case("c", "video", "video")])


def test_files_beside_the_labels_are_named_for_them():
    both = request(statistics=True, preview=True, probabilities=True)
    assert [path.name for path in extra_paths(both, Path("a/scan.v2.nii.gz"))] == [
        *("scan.v2.stats.csv", "scan.v2.preview.png", "scan.v2.probabilities.nii.gz")
    ]
    assert extra_paths(request(), Path("a/scan.nii.gz")) == []


def test_what_an_earlier_run_left_is_replaced_and_objects_have_numbers(make_job, tmp_path, sam2_model):
    clip = ball_clip()
    found = Labels("s", torch.zeros_like(clip.frames[:, 0], dtype=torch.uint8), clip.geometry)
    found.frames[2, 3:6, 3:6] = 4
    (tmp_path / "s.stats.csv").write_text("old")
    job = make_job("volume", statistics=True, preview=True, instances=True)
    write_extras(job, clip, found, tmp_path / "s.nii.gz")
    assert (tmp_path / "s.stats.csv").read_text().startswith("class,name,volume_ml")
    assert (tmp_path / "s.preview.png").stat().st_size > 1000
    assert (tmp_path / "s.instances.csv").read_text().splitlines()[1].startswith("1,4,object 4,")
    assert int(read_label_volume(tmp_path / "s.instances.nii.gz").max()) == 1
    assert names_of(job, found) == {1: "shaft", 2: "tip"}
    job.model = sam2_model
    assert names_of(job, found) == {4: "object 4"}
