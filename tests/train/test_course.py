import pytest
import torch

from nano import NANO_LAPG, nano, nano_lapg, nano_litemedsam, nano_paper
from segmem.core.errors import SettingsError
from segmem.data.store import Store
from segmem.methods.lapg import LapgSettings
from segmem.train.course import choose, clip_plan, make_course
from segmem.train.machine import make_fabric
from segmem.train.material import gather
from segmem.train.norms import norms
from segmem.train.settings import FeatureSettings, PromptedSettings


@pytest.fixture
def course(tmp_path, data, settings):
    material = gather(settings, data, Store(tmp_path / "cache"), nano())
    return make_course(make_fabric(settings), settings, settings.stages[0], material, nano())


def test_steps_are_taken_and_told_from_the_first_on(course):
    told = []
    course.run(6, lambda step, loss: told.append((step, bool(torch.isfinite(loss)))))
    assert told == [(7, True), (8, True)]


def test_the_averaged_weights_leave_no_trace(course):
    course.run(0, lambda *_: None)
    before = {name: value.clone() for name, value in course.model.state_dict().items()}
    with course.averaged():
        assert not course.model.training
        changed = [n for n, v in course.model.state_dict().items() if not torch.equal(v, before[n])]
        assert any("running_mean" in name for name in changed)
        assert any(name.endswith("weight") for name in changed)
    assert all(torch.equal(value, before[name]) for name, value in course.model.state_dict().items())
    assert course.model.training
    assert course.optimizer.param_groups[0]["train_mode"]


@pytest.mark.parametrize(
    ("memory", "trained", "expected"),
    [
        (True, "all", (True, True)),
        (True, "base", (True, False)),
        (True, "memory", (False, True)),
        (False, "all", (True, False)),
    ],
)
def test_a_stage_trains_what_it_says(settings, memory, trained, expected):
    model = nano()
    chosen = {
        id(p)
        for group in choose(model, settings.stages[1].model_copy(update={"memory": memory, "train": trained}))
        for p in group["params"]
    }
    gate = {id(p) for p in model.gate_parameters()}
    found = tuple(
        {id(p) in chosen for p in parameters if id(p) not in gate}
        for parameters in (model.base_parameters(), model.memory_parameters())
    )
    assert found == ({expected[0]}, {expected[1]})


def test_norms_are_frozen_exactly_with_memory_unless_said_otherwise(tmp_path, data, settings):
    material, fabric = gather(settings, data, Store(tmp_path / "cache"), nano()), make_fabric(settings)
    base, clips = settings.stages
    free = clips.model_copy(update={"freeze_norm": False})
    made = [make_course(fabric, settings, stage, material, nano()) for stage in (base, clips, free)]
    assert [course.frozen for course in made] == [False, True, False]
    before = [part.running_mean.clone() for part in norms(made[1].model)]
    made[1].run(0, lambda *_: None)
    assert all(torch.equal(a, p.running_mean) for a, p in zip(before, norms(made[1].model), strict=True))


def test_a_stage_may_change_the_augmentation(settings):
    stage = settings.stages[1]
    assert clip_plan(settings, stage, (64, 64)).augment.corruption.share == 0.3
    plain = stage.model_copy(update={"corruption": None})
    assert clip_plan(settings, plain, (64, 64)).augment == settings.augment


def test_the_memory_may_learn_at_its_own_rate(settings):
    stage = settings.stages[1].model_copy(update={"learning_rate": 0.1, "memory_learning_rate": 0.5})
    model = nano()
    rates = {id(p): group["lr"] for group in choose(model, stage) for p in group["params"]}
    assert {rates[id(p)] for p in model.base_parameters()} == {0.1}
    gate = {id(p) for p in model.gate_parameters()}
    assert {rates[id(p)] for p in model.memory_parameters() if id(p) not in gate} == {0.5}
    assert not gate & rates.keys()


def test_a_gate_stage_trains_the_gate_alone(settings):
    model = nano()
    groups = choose(model, settings.stages[1].model_copy(update={"train": "gate"}))
    assert [id(p) for group in groups for p in group["params"]] == [id(p) for p in model.gate_parameters()]


def test_memory_parts_may_stay_as_they_began(settings):
    model = nano()
    stage = settings.stages[0].model_copy(update={"memory": True, "train": "all", "freeze_memory": True})
    choose(model, stage)
    frozen = {name for name, p in model.memory.named_parameters() if not p.requires_grad}
    assert {name.partition(".")[0] for name in frozen} == {"memory_attention", "memory_encoder", "gate"}
    assert model.memory.back.weight.requires_grad
    assert all(p.requires_grad for p in model.base_parameters())


def test_a_gate_that_is_not_there_cannot_be_trained(settings):
    stage = settings.stages[0].model_copy(update={"name": "gate", "memory": True, "train": "gate"})
    with pytest.raises(SettingsError, match="gate trains a gate, but"):
        choose(nano_paper(), stage)


@pytest.mark.parametrize("tuning", ["full", "frozen", "lora"])
def test_a_scan_s_encoder_learns_as_its_settings_say(settings, tuning):
    network = NANO_LAPG.model_copy(
        update={"encoder": NANO_LAPG.encoder.model_copy(update={"tuning": tuning})}
    )
    model = nano_lapg(lapg=LapgSettings(network=network))
    groups = choose(model, settings.stages[1])
    chosen = {id(p) for group in groups for p in group["params"]}
    encoder = {name: id(p) in chosen for name, p in model.network.named_parameters() if "encoder." in name}
    assert {id(p) for p in model.memory_parameters()} <= chosen
    assert all(p.requires_grad == (id(p) in chosen) for p in model.parameters())
    expected = {"full": 1.0, "frozen": 0.0}.get(tuning)
    assert expected is None or all(found == bool(expected) for found in encoder.values())
    if tuning == "lora":
        assert encoder == {name: ".lora_" in name for name in encoder}


def test_a_scan_s_first_stage_leaves_the_memory_alone(settings):
    model = nano_lapg()
    chosen = {id(p) for group in choose(model, settings.stages[0]) for p in group["params"]}
    assert not chosen & {id(p) for p in model.memory_parameters()}


def prompted(settings, **changes):
    wish = PromptedSettings(**{"parts": ("prompts", "decoder", "memory"), "new_times": 10, **changes})
    return settings.stages[0].model_copy(update={"learning_rate": 0.1, "prompted": wish, "length": 1})


def test_new_parts_of_a_promptable_network_learn_faster_and_the_encoder_not_at_all(settings):
    model = nano_litemedsam()
    known, new = choose(model, prompted(settings))
    assert (known["lr"], new["lr"]) == (0.1, 1.0)
    assert {id(p) for p in new["params"]} == {id(p) for p in model.memory_parameters()}
    fixed = {name for name, p in model.named_parameters() if not p.requires_grad}
    assert fixed == {f"network.base.image_encoder.{name}" for name in ("weight", "bias")}


def test_a_part_that_is_not_there_cannot_be_trained(settings):
    with pytest.raises(SettingsError, match="trains adapters, but this network has none"):
        choose(nano_litemedsam(), prompted(settings, parts=("adapters",)))


@pytest.mark.parametrize(
    ("parts", "words"),
    [(("memory",), "clips of one frame"), (("encoder", "decoder"), "trains the encoder, but data.features")],
)
def test_stages_that_would_teach_nothing_or_what_is_kept_are_refused(tmp_path, data, settings, parts, words):
    kept = settings.data.model_copy(update={"features": FeatureSettings()})
    with_features = settings.model_copy(update={"data": kept})
    material = gather(settings, data, Store(tmp_path / "cache"), nano())
    stage = prompted(settings, parts=parts)
    with pytest.raises(SettingsError, match=words):
        make_course(make_fabric(settings), with_features, stage, material, nano_litemedsam())


def test_promptable_networks_see_zeros_where_a_frame_is_padded(settings):
    stage = settings.stages[0]
    spec = settings.model.model_copy(update={"method": "litemedsam"})
    assert clip_plan(settings.model_copy(update={"model": spec}), stage, (64, 64)).padding == (0, 0, 0)
    assert clip_plan(settings, stage, (64, 64)).padding != (0, 0, 0)
