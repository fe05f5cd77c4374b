from pathlib import Path

import pytest

from segmem.io.formats import case_name, form, known_suffixes, suffix


@pytest.mark.parametrize(
    ("file", "ending", "kind", "name"),
    [
        ("scan.nii.gz", ".nii.gz", "volume", "scan"),
        ("scan.v2.NII.GZ", ".nii.gz", "volume", "scan.v2"),
        ("clip.MP4", ".mp4", "video", "clip"),
        ("a.b.png", ".png", "image", "a.b"),
        ("notes.txt", ".txt", None, "notes"),
        ("plain", "", None, "plain"),
        ("x.gz", ".gz", None, "x"),
    ],
)
def test_the_suffix_says_what_a_file_is(file: str, ending: str, kind: str | None, name: str) -> None:
    assert (suffix(Path(file)), form(Path(file)), case_name(Path(file))) == (ending, kind, name)


def test_the_list_for_messages_names_every_kind() -> None:
    assert all(word in known_suffixes() for word in ("images .png", "videos .mp4", "volumes .nii.gz"))
