from pathlib import Path

import pytest

from segmem.core.errors import FormatError, GeometryError
from segmem.io.dicom.header import Frame, Header
from segmem.io.dicom.order import Problem
from segmem.io.dicom.problems import problems_of, refuse
from segmem.io.dicom.series import Series

PLAIN = "1.2.840.10008.1.2.1"


def header(count=1, rescale=(1.0, 0.0), **more):
    frames = tuple(Frame(Path("a"), i, "1", 0, rescale=rescale) for i in range(count))
    facts = {"modality": "CT", "size": (4, 5), "samples": 1, "photometric": "MONOCHROME2", "syntax": PLAIN}
    facts |= {"burned_in": False} | more
    return Header(Path("a"), "1.2", "", words="", frames=frames, thickness_mm=None, fps=None, **facts)


def codes(*headers, placed=True, max_bytes=10**6):
    return {problem.code: problem.weight for problem in problems_of(headers, placed, max_bytes)}


def test_a_plain_scan_has_no_problem():
    assert codes(header(), header()) == {}


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (header(rescale=None), {"no-rescale": "note"}),
        (header(rescale=None, modality="MR"), {}),
        (header(photometric="MONOCHROME1"), {"monochrome1": "note"}),
        (header(burned_in=True), {"burned-in": "note"}),
        (header(syntax="1.2.840.10008.1.2.4.95"), {"no-decoder": "refused"}),
    ],
)
def test_each_problem_is_found(made, found):
    assert codes(made) == found


def test_what_happens_to_monochrome1_is_said():
    assert "inverted" in problems_of([header(photometric="MONOCHROME1")], False, 10**6)[0].words
    assert "stay" in problems_of([header(photometric="MONOCHROME1")], True, 10**6)[0].words


def test_images_of_two_sizes_are_refused():
    assert codes(header(), header(size=(5, 4))) == {"mixed-size": "refused"}


def test_slices_without_a_place_are_refused_and_frames_of_one_file_are_a_video():
    assert codes(header(), header(), placed=False) == {"no-position": "refused"}
    assert codes(header(2), placed=False) == {"no-position": "note"}


def test_size_counts_before_anything_is_allocated():
    assert codes(header(3), max_bytes=4 * 5 * 3 * 4 - 1) == {"too-large": "refused"}
    assert codes(header(3), max_bytes=4 * 5 * 3 * 4) == {}


def test_of_a_video_one_frame_must_fit():
    assert codes(header(9, modality="US"), placed=False, max_bytes=80) == {}
    assert codes(header(9, modality="US"), placed=False, max_bytes=79) == {"too-large": "refused"}


def series(*problems):
    return Series("1.2", "", "CT", "volume", (), (1, 4, 5), 1, problems=problems)


def test_what_asks_is_refused_unless_allowed_and_what_is_noted_never():
    refuse(series(Problem("tilt", "tilted")), "a", allow_gaps=False)
    asks = series(
        Problem("gap", "slices are missing", "asks"), Problem("damaged-file", "left out", "asks", "x.dcm")
    )
    with pytest.raises(FormatError, match=r"a: slices are missing; left out \(x\.dcm\)\. .*--allow-gaps"):
        refuse(asks, "a", allow_gaps=False)
    refuse(asks, "a", allow_gaps=True)
    with pytest.raises(GeometryError, match="Export the series anew"):
        refuse(series(Problem("duplicate", "in time", "refused")), "a", allow_gaps=True)
