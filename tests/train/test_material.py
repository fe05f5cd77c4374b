import pytest

from labelled import write_scans, write_video_case
from segmem.core.errors import InputError, SettingsError
from segmem.train.material import gather
from segmem.train.settings import DataSettings, SourceSettings, SyntheticSettings


def names(cases):
    return [case.name for case in cases]


def test_groups_are_kept_apart_and_the_grid_holds_every_frame(tmp_path, data, settings):
    made = gather(settings, data, tmp_path / "cache")
    assert (names(made.sources[0].cases), names(made.validation), made.grid) == (["a", "b"], ["v"], (64, 64))


def test_excluded_groups_are_nowhere(tmp_path, data, settings):
    held = settings.model_copy(update={"data": settings.data.model_copy(update={"exclude": ("b",)})})
    made = gather(held, data, tmp_path / "cache")
    assert (names(made.sources[0].cases), names(made.validation)) == (["a"], ["v"])


def test_sources_of_several_kinds_and_synthetic_clips_mix(tmp_path, data, settings):
    write_video_case(data / "films" / "one")
    mixed = DataSettings(
        sources=(SourceSettings(path="films", weight=2.0), SourceSettings(path="stills", weight=0.5)),
        synthetic=SyntheticSettings(count=2, frames=2, size=(32, 64), weight=0.1),
        validation=("v",),
    )
    made = gather(settings.model_copy(update={"data": mixed}), data, tmp_path / "cache")
    assert [source.weight for source in made.sources] == [2.0, 0.5, 0.1]
    assert [case.length for case in made.sources[2].cases] == [2, 2]


def test_a_stage_may_draw_from_some_groups_only(tmp_path, data, settings):
    made = gather(settings, data, tmp_path / "cache")
    assert made.of(()) == made.sources
    assert names(made.of(("b",))[0].cases) == ["b"]
    with pytest.raises(SettingsError, match=r"no training case is of bb\. Did you mean"):
        made.of(("bb",))


def test_an_unknown_excluded_group_is_named(tmp_path, data, settings):
    held = settings.model_copy(update={"data": settings.data.model_copy(update={"exclude": ("q",)})})
    with pytest.raises(SettingsError, match=r"data\.exclude: 'q' is no group"):
        gather(held, data, tmp_path / "cache")


def test_nothing_to_train_on_is_said_so(tmp_path, data, settings):
    with pytest.raises(InputError, match="nothing to train on"):
        gather(settings.model_copy(update={"data": DataSettings()}), data, tmp_path / "cache")


def test_scans_are_split_by_a_fraction_of_their_groups(tmp_path, data, settings):
    write_scans(data / "scans", [f"p{i}_t{j}" for i in range(4) for j in range(2)])
    source = SourceSettings(path="scans", group=r"(p\d)")
    held = settings.model_copy(update={"data": DataSettings(sources=(source,), validation_fraction=0.25)})
    made = gather(held, data, tmp_path / "cache")
    groups = {case.group for case in made.validation}
    assert len(made.validation) == 2
    assert groups.isdisjoint({case.group for case in made.sources[0].cases})
