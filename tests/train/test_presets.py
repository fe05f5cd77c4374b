from pathlib import Path

import pytest

from segmem.core.errors import InputError, SettingsError
from segmem.train.labelled_classes import labelled_classes
from segmem.train.presets import check, load_settings, preset_names, save_settings

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
STAGE = {"name": "base", "steps": 1}


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_valid(name):
    assert load_settings(name).model.name == name


def test_an_unknown_preset_names_the_nearest():
    with pytest.raises(SettingsError, match="Did you mean 'tmam-endovis15'"):
        load_settings("tmam-endovis")


def test_changes_reach_into_the_tree():
    made = load_settings(
        "nano", changes=["seed=3", "stages.1.steps=7", "model.fit.longest=128", "data.validation=[x]"]
    )
    assert (made.seed, made.stages[1].steps, made.model.fit.longest) == (3, 7, 128)
    assert made.stages[1].memory
    assert made.data.validation == ("x",)


def test_a_file_is_merged_before_the_changes(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("seed: 5\nmodel: {fit: {longest: 96}}\n")
    made = load_settings("nano", file, ["seed=6"])
    assert (made.seed, made.model.fit.longest, made.model.fit.multiple) == (6, 96, 32)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("sed=3", r"'sed'\. Did you mean 'seed'"),
        ("model.fit.longst=3", r"'model\.fit\.longst'\. Did you mean 'longest'"),
        ("stages.0.step=3", r"'stages\.0\.step'\. Did you mean 'steps'"),
        ("data.synthetic.cout=3", r"Did you mean 'count'"),
        ("seed=many", r"'seed' cannot be 'many'"),
        ("seed={a: 1}", r"'seed' cannot be \{'a': 1\}"),
        ("model.tmam={evidence: {}, gate: false}", r"^model\.tmam: evidence needs the gate"),
        ("stages.9.steps=1", r"no place of a list of 2"),
        ("seed", r"key=value"),
        ("seed={", r"no YAML value"),
    ],
)
def test_a_wrong_change_is_named(change, message):
    with pytest.raises(SettingsError, match=message):
        load_settings("nano", changes=[change])


def test_saved_settings_read_back_the_same(tmp_path):
    made = load_settings("nano", changes=["data.sources=[{path: x, label_map: {3: 1}}]"])
    save_settings(made, tmp_path / "settings.yaml")
    assert load_settings(tmp_path / "settings.yaml") == made


def test_settings_are_data_and_build_no_objects(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("seed: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(SettingsError, match="not YAML"):
        load_settings("nano", file)


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml"):
        load_settings(tmp_path / "none.yaml")
    (tmp_path / "list.yaml").write_text("- 1\n")
    with pytest.raises(SettingsError, match="keys with values"):
        load_settings(tmp_path / "list.yaml")


def test_a_run_needs_a_stage():
    with pytest.raises(SettingsError, match="'stages'"):
        check({"stages": []})
    assert check({"stages": [STAGE]}).stages[0].name == "base"


def test_samed2_on_litemedsam_trains_what_its_specification_says():
    settings = load_settings("samed2-litemedsam")
    assert settings.model.litemedsam.reads_masks
    for stage in settings.stages:
        assert (stage.optimizer, stage.learning_rate, stage.prompted.new_times) == ("adamw", 1e-4, 10)
        assert stage.prompted.loss == "sam2"
        assert stage.prompted.prompts.jitter == 20
        assert "encoder" not in stage.prompted.parts
    assert "hist_monuseg" not in {source.path for source in settings.data.sources}


def test_a_value_that_is_none_of_the_known_ones_is_answered_with_the_nearest():
    with pytest.raises(SettingsError, match=r"Did you mean 'adamw'\?"):
        check({"stages": [{"name": "a", "steps": 1, "optimizer": "adam-w"}]})


@pytest.mark.parametrize("data", ["hippocampus", "acdc"])
def test_the_prompted_baseline_sees_the_cases_that_lapg_sees(data):
    ours, theirs = load_settings(f"sam2-lite0-{data}"), load_settings(f"lapg-{data}")
    assert (ours.data, ours.augment, ours.seed) == (theirs.data, theirs.augment, theirs.seed)
    assert (ours.model.classes, ours.model.intensity) == (theirs.model.classes, theirs.model.intensity)
    assert all("encoder" in stage.prompted.parts for stage in ours.stages)
    assert [stage.memory for stage in ours.stages] == [False, True, True]


@pytest.mark.parametrize("name", ["acdc", "hippocampus", "leftatrium"])
def test_the_adapter_s_experiments_learn_with_it_and_their_control_without(name):
    folder = BENCHMARKS / "adapter"
    config = folder / f"{name}.yaml"
    made = load_settings(folder / "volumes.yaml", config)
    assert made.model.samed2.temporal.time == "symmetric"
    assert made.data.features.moving == 0
    (source,) = made.data.sources
    assert source.held_out
    assert "adapters" in made.stages[0].prompted.parts
    without = load_settings(
        folder / "volumes.yaml", config, ["stages.0.prompted.parts=[prompts, decoder, memory]"]
    )
    assert without.model == made.model, "so that both share a cache"
    assert "adapters" not in without.stages[0].prompted.parts


def test_a_rare_class_s_experiment_holds_out_the_cases_that_lapg_holds_out():
    ours, rare = (
        load_settings("lapg-acdc"),
        load_settings("lapg-acdc", BENCHMARKS / "lapg" / "rare_acdc.yaml"),
    )
    (whole,) = ours.data.sources
    few, everyone = rare.data.sources
    for source in (few, everyone):
        assert (source.path, source.group, source.held_out) == (whole.path, whole.group, whole.held_out)
    assert (few.limit, few.labelled_classes, everyone.limit) == (5, (), None)
    assert labelled_classes(everyone, rare) == (0, 2, 3)
    assert rare.seed == ours.seed


def test_the_subcortical_experiment_never_makes_one_side_the_other():
    settings = load_settings("lapg-acdc", BENCHMARKS / "lapg" / "subcortical.yaml")
    turned = settings.augment.geometric
    assert (turned.flip, turned.vertical_flip) == (0, 0)
    assert len(settings.model.classes) == 9
