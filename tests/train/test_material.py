import pytest

from datasets import write_nnunet
from labelled import Grey, write_images, write_scans, write_video_case
from segmem.core.errors import InputError, SettingsError
from segmem.data.prompts import PromptSettings
from segmem.data.split_file import Fold, write_splits
from segmem.data.store import Store
from segmem.train.material import gather, grid_of
from segmem.train.settings import DataSettings, FeatureSettings, SourceSettings, SyntheticSettings


def of(settings, **data):
    """The settings with other data."""
    return settings.model_copy(update={"data": DataSettings(**data)})


def names(cases):
    return [case.name for case in cases]


def test_groups_are_kept_apart_and_the_grid_holds_every_frame(tmp_path, data, settings):
    made = gather(settings, data, Store(tmp_path / "cache"), Grey())
    assert (names(made.sources[0].cases), names(made.validation)) == (["a", "b"], ["v"])
    assert grid_of(made.sources, settings.model.fit) == (64, 64)


def test_excluded_groups_are_nowhere(tmp_path, data, settings):
    held = settings.model_copy(update={"data": settings.data.model_copy(update={"exclude": ("b",)})})
    made = gather(held, data, Store(tmp_path / "cache"), Grey())
    assert (names(made.sources[0].cases), names(made.validation)) == (["a"], ["v"])


def test_sources_of_several_kinds_and_synthetic_clips_mix(tmp_path, data, settings):
    write_video_case(data / "films" / "one")
    mixed = DataSettings(
        sources=(SourceSettings(path="films", weight=2.0), SourceSettings(path="stills", weight=0.5)),
        synthetic=SyntheticSettings(count=2, frames=2, size=(32, 64), weight=0.1),
        validation=("v",),
    )
    made = gather(settings.model_copy(update={"data": mixed}), data, Store(tmp_path / "cache"), Grey())
    assert [source.weight for source in made.sources] == [2.0, 0.5, 0.1]
    assert [case.length for case in made.sources[2].cases] == [2, 2]


def test_a_stage_may_draw_from_some_groups_only(tmp_path, data, settings):
    made = gather(settings, data, Store(tmp_path / "cache"), Grey())
    assert made.of(()) == made.sources
    assert names(made.of(("b",))[0].cases) == ["b"]
    with pytest.raises(SettingsError, match=r"no training case is of bb\. Did you mean"):
        made.of(("bb",))


def test_a_source_for_the_gate_alone_teaches_and_judges_no_labels(tmp_path, data, settings):
    sources = SourceSettings(path="stills"), SourceSettings(path="stills", name="gate", gate_only=True)
    made = gather(of(settings, sources=sources, validation=("v",)), data, Store(tmp_path / "cache"), Grey())
    assert names(made.validation) == ["v"]
    assert [source.name for source in made.of(())] == ["stills"]
    assert [source.name for source in made.of((), labels=False)] == ["stills", "gate"]
    with pytest.raises(SettingsError, match="every source here is gate_only"):
        made.of((), ("gate",))


def test_an_unknown_excluded_group_is_named(tmp_path, data, settings):
    held = settings.model_copy(update={"data": settings.data.model_copy(update={"exclude": ("q",)})})
    with pytest.raises(SettingsError, match=r"data\.exclude: 'q' is no group"):
        gather(held, data, Store(tmp_path / "cache"), Grey())


def test_nothing_to_train_on_is_said_so(tmp_path, data, settings):
    with pytest.raises(InputError, match="nothing to train on"):
        gather(settings.model_copy(update={"data": DataSettings()}), data, Store(tmp_path / "cache"), Grey())


def test_scans_are_split_by_a_fraction_of_their_groups(tmp_path, data, settings):
    write_scans(data / "scans", [f"p{i}_t{j}" for i in range(4) for j in range(2)])
    source = SourceSettings(path="scans", group=r"(p\d)")
    held = settings.model_copy(update={"data": DataSettings(sources=(source,), validation_fraction=0.25)})
    made = gather(held, data, Store(tmp_path / "cache"), Grey())
    groups = {case.group for case in made.validation}
    assert len(made.validation) == 2
    assert groups.isdisjoint({case.group for case in made.sources[0].cases})


def test_held_out_groups_are_neither_trained_nor_validated_on(tmp_path, data, settings):
    write_scans(data / "scans", [f"p{i}_t{j}" for i in range(4) for j in range(2)])
    source = SourceSettings(path="scans", group=r"(p\d)", held_out=0.25)
    made = gather(
        of(settings, sources=(source,), validation_fraction=0.34), data, Store(tmp_path / "cache"), Grey()
    )
    seen = {case.group for case in (*made.sources[0].cases, *made.validation)}
    assert len(seen) == 3
    assert len(made.validation) == 2
    again = gather(of(settings, sources=(source,)), data, Store(tmp_path / "cache"), Grey())
    assert {case.group for case in again.sources[0].cases} == seen
    seeds = (settings.model_copy(update={"seed": seed}) for seed in range(8))
    others = [gather(of(one, sources=(source,)), data, Store(tmp_path / "cache"), Grey()) for one in seeds]
    assert len({frozenset(names(each.sources[0].cases)) for each in others}) > 1


def test_a_source_can_be_limited_to_some_cases_chosen_by_the_seed(tmp_path, data, settings):
    limited = of(settings, sources=(SourceSettings(path="stills", limit=2),))
    chosen = [
        tuple(sorted(names(gather(one, data, Store(tmp_path / "cache"), Grey()).sources[0].cases)))
        for one in (limited, limited, *(limited.model_copy(update={"seed": seed}) for seed in range(8)))
    ]
    assert chosen[0] == chosen[1]
    assert {len(each) for each in chosen} == {2}
    assert len(set(chosen)) > 1


def test_features_are_made_of_what_trains_and_of_what_validates(tmp_path, data, settings):
    write_video_case(data / "films" / "one", frames=6, labelled=[0, 2, 5])
    sources = (SourceSettings(path="films", every=2), SourceSettings(path="stills"))
    encoded = of(settings, sources=sources, validation=("v",), features=FeatureSettings(moving=3))
    encoder = Grey()
    made = gather(encoded, data, Store(tmp_path / "cache"), encoder, "weights")
    film, still = made.sources[0].cases[0], made.sources[1].cases[0]
    assert (film.features.shape[0], film.labelled.tolist()) == (3, [True, True, False])
    assert (still.features.shape[0], still.kind) == (3, "video")
    assert made.validation[0].features.shape[0] == 3
    assert encoder.encoded == 3 + 3 * 3
    gather(encoded, data, Store(tmp_path / "cache"), encoder, "weights")
    assert encoder.encoded == 12
    gather(encoded, data, Store(tmp_path / "cache"), encoder, "others")
    assert encoder.encoded == 24


def test_without_features_nothing_is_encoded(tmp_path, data, settings):
    encoder = Grey()
    made = gather(settings, data, Store(tmp_path / "cache"), encoder)
    assert encoder.encoded == 0
    assert made.sources[0].cases[0].features is None


def test_a_case_whose_labels_are_all_between_the_kept_frames_is_not_drawn_from(tmp_path, data, settings):
    write_video_case(data / "films" / "one", frames=6, labelled=[1, 3])
    write_video_case(data / "films" / "two", frames=6, labelled=[2])
    write_video_case(data / "films" / "three", frames=6, labelled=[4])
    encoded = of(settings, sources=(SourceSettings(path="films", every=2),), features=FeatureSettings())
    heard = []
    made = gather(encoded, data, Store(tmp_path / "cache"), Grey(), tell=heard.append)
    assert names(made.sources[0].cases) == ["three", "two"]
    assert heard == [
        "films: taken for video_masks: 3 folders with video.* beside masks/",
        "films: the frames of 2 cases are encoded, once",
    ]


def test_labels_of_any_object_only_where_every_stage_shows_one(tmp_path, data, settings):
    write_images(data / "many", ["x"], value=77)
    shown = of(settings, sources=(SourceSettings(path="many"),))
    stages = tuple(stage.model_copy(update={"one_object": "foreground"}) for stage in settings.stages)
    made = gather(shown.model_copy(update={"stages": stages}), data, Store(tmp_path / "cache"), Grey())
    assert names(made.sources[0].cases) == ["x"]
    mixed = shown.model_copy(update={"stages": (settings.stages[0], *stages)})
    with pytest.raises(InputError, match="77"):
        gather(mixed, data, Store(tmp_path / "other"), Grey())


def test_a_prompted_model_learns_from_labels_of_any_object(tmp_path, data, settings):
    write_images(data / "many", ["x"], value=77)
    anything = of(settings, sources=(SourceSettings(path="many"),))
    with pytest.raises(InputError, match="label 77, which is no class"):
        gather(anything, data, Store(tmp_path / "cache"), Grey())
    prompted = anything.model_copy(
        update={"model": anything.model.model_copy(update={"method": "litemedsam"})}
    )
    made = gather(prompted, data, Store(tmp_path / "cache"), Grey())
    assert int(made.sources[0].cases[0].labels.max()) == 77


def test_a_fold_of_a_file_trains_and_validates(tmp_path, data, settings):
    write_splits(data / "splits.json", [Fold(("a", "v"), ("b",)), Fold(("b",), ("a",), ("v",))], {})
    for fold, train, aside in ((0, ["a", "v"], ["b"]), (1, ["b"], ["a"])):
        wish = of(settings, sources=(SourceSettings(path="stills"),), splits="splits.json", fold=fold)
        made = gather(wish, data, Store(tmp_path / "cache"), Grey())
        assert (names(made.sources[0].cases), names(made.validation)) == (train, aside)


def test_channels_of_one_scan_are_decoded_apart(tmp_path, settings):
    write_nnunet(tmp_path / "d", names=("x",), channels=("A", "B"))
    decoded = []
    for channel in ("A", "B"):
        wish = of(settings, sources=(SourceSettings(path="d", channel=channel),))
        decoded.append(gather(wish, tmp_path, Store(tmp_path / "cache"), Grey()).sources[0].cases[0].frames)
    assert decoded[0].shape == decoded[1].shape
    assert (decoded[0] != decoded[1]).any()


def test_a_stage_may_draw_from_some_sources_only_and_held_out_cases_are_there_if_asked_for(
    tmp_path, data, settings
):
    write_images(data / "more", ["c", "d"])
    sources = (
        SourceSettings(path="stills", held_out_names="^v$"),
        SourceSettings(path="more", name="other", held_out=0.5, prompts=PromptSettings(points=1)),
    )
    wish = of(settings, sources=sources)
    store = Store(tmp_path / "cache")
    made = gather(wish, data, store, Grey(), tested=True)
    assert [source.name for source in made.sources] == ["stills", "other"]
    (other,) = made.of((), ("other",))
    assert other.prompts.points == 1
    assert names(made.tests["stills"]) == ["v"]
    assert len(made.tests["other"]) == len(other.cases) == 1
    assert gather(wish, data, store, Grey()).tests == {"stills": (), "other": ()}
    with pytest.raises(SettingsError, match=r"no source 'othr'\. Did you mean 'other'"):
        made.of((), ("othr",))


def test_pictures_may_stay_as_they_are_and_those_that_are_measured_always_do(tmp_path, data, settings):
    sources = (SourceSettings(path="stills", held_out_names="^v$"),)
    for moving, frames in ((0, 1), (3, 3)):
        wish = of(settings, sources=sources, features=FeatureSettings(moving=moving))
        made = gather(wish, data, Store(tmp_path / "cache"), Grey(), tested=True)
        assert {case.length for case in made.sources[0].cases} == {frames}
        assert made.tests["stills"][0].features.shape[0] == 1


def test_features_of_a_network_that_learns_from_frames_are_refused(tmp_path, data, settings):
    wish = of(settings, sources=(SourceSettings(path="stills"),), features=FeatureSettings())
    with pytest.raises(SettingsError, match=r"method tmam learns from frames"):
        gather(wish, data, Store(tmp_path / "cache"), None)


def test_noise_is_in_labels_to_learn_from_and_never_in_those_that_measure(tmp_path, data, settings):
    write_images(data / "many", [f"m{number}" for number in range(10)])
    source = SourceSettings(path="many", held_out=0.3)
    store = Store(tmp_path / "cache")
    clean = gather(of(settings, sources=(source,), validation_fraction=0.3), data, store, None, tested=True)
    heard: list[str] = []
    wish = of(settings, sources=(source,), validation_fraction=0.3, noise=1.0)
    noisy = gather(wish, data, store, None, tell=heard.append, tested=True)
    pairs = zip(noisy.sources[0].cases, clean.sources[0].cases, strict=True)
    assert not any((one.labels == other.labels).all() for one, other in pairs)
    kept = (*noisy.validation, *noisy.tests["many"])
    for one, other in zip(kept, (*clean.validation, *clean.tests["many"]), strict=True):
        assert (one.labels == other.labels).all()
    assert any("100% of 5 training cases are made wrong" in line for line in heard)
    own = of(
        settings, sources=(source.model_copy(update={"noise": 0.0}),), validation_fraction=0.3, noise=1.0
    )
    again = gather(own, data, store, None).sources[0].cases
    assert all(
        (one.labels == other.labels).all() for one, other in zip(again, clean.sources[0].cases, strict=True)
    )


def test_a_mistake_in_labelled_classes_is_said_before_anything_is_decoded(tmp_path, data, settings):
    sources = SourceSettings(path="stills"), SourceSettings(path="stills", labelled_classes=("shfat",))
    with pytest.raises(SettingsError, match="Did you mean 'shaft'"):
        gather(of(settings, sources=sources), data, Store(tmp_path / "cache"), Grey())
    assert not list((tmp_path / "cache").glob("*"))


def test_of_a_source_that_tells_one_class_the_other_is_background_and_none_is_judged_by(
    tmp_path, data, settings
):
    write_scans(data / "scans", ["a", "b", "h", "v"])
    spec = settings.model.model_copy(update={"method": "lapg"})
    made = {}
    for tells in ((), ("shaft",)):
        source = SourceSettings(path="scans", labelled_classes=tells, held_out_names="h")
        given = of(settings, sources=(source,), validation=("v",)).model_copy(update={"model": spec})
        made[tells] = gather(given, data, Store(tmp_path / "cache"), Grey(), tested=True)
    assert names(made[()].validation) == ["v"] and made[()].sources[0].classes is None
    assert names(made[()].tests["scans"]) == ["h"]
    partial = made[("shaft",)]
    assert partial.tests["scans"] == ()
    assert (names(partial.sources[0].cases), partial.validation) == (["a", "b"], ())
    assert partial.sources[0].classes == (0, 1)
    assert made[()].sources[0].cases[0].labels.max() == 2
    assert partial.sources[0].cases[0].labels.max() == 0
