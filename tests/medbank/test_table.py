import pytest

from segmem.core.errors import InputError, SettingsError
from segmem.medbank.table import load_table


def test_the_papers_table_has_17_sources_and_21_tasks_of_7_modalities():
    table = load_table()
    assert len({source.publication or source.name for source in table.sources}) == 17
    paper = {(t.object, s.modality) for s in table.sources for t in s.tasks if not t.extra}
    assert len(paper) == 21
    reported = {name: row.tasks for name, row in table.paper.items() if row.tasks}
    assert {name: sum(m == name for _, m in paper) for name in reported} == reported
    assert sum(row.images for row in table.paper.values()) == 122_594


def test_a_task_is_one_folder_whatever_source_it_comes_from():
    folders = load_table().task_folders()
    assert folders["Polyp", "Colonoscopy"].startswith("Polyp_Colonoscopy_")
    assert len(set(folders.values())) == len(folders)


def test_msd_liver_is_known_to_be_lits():
    (row,) = load_table().overlaps
    assert row.training == "LiTS"
    assert "MSD Liver" in row.external


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sources: [", "not YAML"),
        ("sources: []", "sources"),
        (
            "sources: [{name: a, folder: f, modality: M/x, licence: l, tasks: [{object: o, values: [1]}]}]",
            "modality",
        ),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path, text, words):
    path = tmp_path / "table.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=words):
        load_table(path)


def test_a_source_that_is_named_twice_and_a_missing_file_are_refused(tmp_path):
    row = "{name: a, folder: f, modality: M, licence: l, tasks: [{object: o, values: [1]}]}"
    path = tmp_path / "table.yaml"
    path.write_text(f"sources: [{row}, {row}]")
    with pytest.raises(SettingsError, match="two sources have the name 'a'"):
        load_table(path)
    with pytest.raises(InputError, match="cannot be read"):
        load_table(tmp_path / "none.yaml")
