import pytest

from nano import NANO_LAPG, nano, nano_lapg, nano_litemedsam, nano_paper, nano_samed2_lite
from segmem.core.errors import SettingsError
from segmem.methods.lapg import LapgSettings
from segmem.methods.samed2 import added_parameters
from segmem.train.parameters import choose, require_teaching
from segmem.train.prompted_settings import PromptedSettings
from segmem.train.settings import FeatureSettings


def prompted(settings, **changes):
    wish = PromptedSettings(**{"parts": ("prompts", "decoder", "memory"), "new_times": 10, **changes})
    return settings.stages[0].model_copy(update={"learning_rate": 0.1, "prompted": wish, "length": 1})


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


def test_adapters_and_the_reader_of_other_cases_are_parts_of_their_own(settings):
    model = nano_samed2_lite()
    known, new = choose(model, prompted(settings, parts=("decoder", "adapters", "cases")))
    assert (known["lr"], new["lr"]) == (0.1, 1.0)
    assert {id(p) for p in new["params"]} == {id(p) for p in added_parameters(model)}


def test_adapters_may_learn_from_what_is_kept_before_them(settings):
    kept = settings.data.model_copy(update={"features": FeatureSettings()})
    stage = prompted(settings, parts=("adapters",)).model_copy(update={"length": 4})
    require_teaching(stage, settings.model_copy(update={"data": kept}))


@pytest.mark.parametrize(
    ("parts", "words"),
    [(("memory",), "clips of one frame"), (("encoder", "decoder"), "trains the encoder, but data.features")],
)
def test_stages_that_would_teach_nothing_or_what_is_kept_are_refused(settings, parts, words):
    kept = settings.data.model_copy(update={"features": FeatureSettings()})
    with_features = settings.model_copy(update={"data": kept})
    with pytest.raises(SettingsError, match=words):
        require_teaching(prompted(settings, parts=parts), with_features)


def test_clips_that_memory_is_in_may_teach_it_alone_and_frames_an_encoder(settings):
    stage = prompted(settings, parts=("memory",)).model_copy(update={"length": 4})
    require_teaching(stage, settings)
    require_teaching(prompted(settings, parts=("encoder",)), settings)


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


def test_what_lets_prompts_in_may_learn_at_its_own_rate(settings):
    model = nano_lapg()
    stage = settings.stages[0].model_copy(update={"learning_rate": 0.1})
    (together,) = choose(model, stage)
    assert id(model.network.gate) in {id(p) for p in together["params"]}
    network, gate = choose(model, stage.model_copy(update={"gate_learning_rate": 0.5}))
    assert ([id(p) for p in gate["params"]], gate["lr"]) == ([id(model.network.gate)], 0.5)
    assert id(model.network.gate) not in {id(p) for p in network["params"]}
    with pytest.raises(SettingsError, match="trains a gate, but"):
        choose(
            model, stage.model_copy(update={"train": "gate"})
        )  # clips that were spoilt would teach it nothing


def test_a_scan_s_first_stage_leaves_the_memory_alone(settings):
    model = nano_lapg()
    chosen = {id(p) for group in choose(model, settings.stages[0]) for p in group["params"]}
    assert not chosen & {id(p) for p in model.memory_parameters()}
