import pytest

from footage import write_picture
from segmem.doctor import tree
from sick import codes, of


def test_a_plain_folder_gives_no_finding(tmp_path):
    write_picture(tmp_path / "a.png")
    (tmp_path / "inside").mkdir()
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")
    assert tree.examine(tmp_path) == []


def test_a_link_that_leads_out_is_a_fault_and_a_dead_one_a_warning(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    (root / "out.png").symlink_to(write_picture(tmp_path / "secret.png"))
    (root / "dead.png").symlink_to(root / "gone.png")
    found = tree.examine(root)
    assert of(found, "link-leaves-folder").where == "out.png"
    assert of(found, "link-dangling").where == "dead.png"


def test_names_that_clash_are_told_together(tmp_path):
    for name in ("Case1.png", "case1.png", "b.png", "b.jpg"):
        write_picture(tmp_path / name)
    if len(list(tmp_path.iterdir())) < 4:
        pytest.skip("this file system takes both for one")
    found = tree.examine(tmp_path)
    assert codes(found) == {"name-clash"}
    assert {(one.where, one.what) for one in found} == {
        ("Case1.png", "and case1.png"),
        ("b.jpg", "and b.png"),
    }


def test_paths_that_are_too_long_for_some_systems_are_noted(tmp_path):
    folder = tmp_path / ("x" * 120) / ("y" * 100)
    folder.mkdir(parents=True)
    assert "path-too-long" in codes(tree.examine(tmp_path))


def test_leftovers_of_an_interrupted_run_are_noted(tmp_path):
    (tmp_path / ".out.partial").mkdir()
    assert codes(tree.examine(tmp_path)) == {"output-unfinished"}


def test_hidden_entries_can_be_left_out_and_links_to_folders_are_not_followed(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.txt").write_text("b")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    names = [path.name for path in tree.entries(tmp_path, hidden=False)]
    assert sorted(names) == ["a", "b.txt", "loop"]
