import copy
import json
import os
import signal

import pytest
import torch

from labelled import write_images, write_scans
from nano import nano, nano_lapg, nano_litemedsam, nano_paper
from segmem.core.errors import InterruptedRun, SettingsError
from segmem.data.store import Store
from segmem.io.tensors import read_tensors
from segmem.methods.build import build
from segmem.methods.load import load, parts_of, read_spec, save
from segmem.methods.wrap import tmam
from segmem.nn.litemedsam_memory import LiteMedSamMemory
from segmem.ops.fit import FitSettings
from segmem.ops.intensity import IntensitySettings
from segmem.train import prompted_objective
from segmem.train.checkpoint import checkpoints, latest, read_position
from segmem.train.loop import train
from segmem.train.material import gather
from segmem.train.presets import load_settings
from segmem.train.settings import DataSettings, SourceSettings
from segmem.train.validation import stream_logits
from segmem.volumetric import VolumeSegmenter


def stop_at(monkeypatch, total):
    """Send ourselves Ctrl-C when the step is told."""
    from segmem.train.log import Log

    told = Log.steps

    def steps(self, stage, step, loss, learning_rate):
        told(self, stage, step, loss, learning_rate)
        if step == total:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Log, "steps", steps)


@pytest.mark.parametrize("total", [7, 8, 15])
def test_a_resumed_run_equals_an_unbroken_one_to_the_bit(tmp_path, unbroken, settings, monkeypatch, total):
    run, where = tmp_path / "run", {"cache": unbroken / "cache", "quiet": True}
    with monkeypatch.context() as patch:
        stop_at(patch, total)
        with pytest.raises(InterruptedRun, match=f"after step {total} of 16; .* --resume"):
            train(settings, unbroken / "data", run, **where)
    assert read_position(latest(run / "checkpoints")).total == total
    assert not (run / "model.safetensors").exists()
    resumed = train(settings, unbroken / "data", run, resume=True, **where)
    assert resumed.read_bytes() == (unbroken / "run" / "model.safetensors").read_bytes()
    final = [read_tensors(latest(folder / "checkpoints")) for folder in (unbroken / "run", run)]
    assert all(torch.equal(value, final[1][name]) for name, value in final[0].items())


def test_a_run_that_was_stopped_before_its_first_step_is_resumed_from_the_start(
    tmp_path, unbroken, settings, monkeypatch
):
    run, where = tmp_path / "run", {"cache": unbroken / "cache", "quiet": True}
    with monkeypatch.context() as patch:
        patch.setattr("segmem.train.loop.gather", lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM))
        with pytest.raises(KeyboardInterrupt):
            train(settings, unbroken / "data", run, **where)
    resumed = train(settings, unbroken / "data", run, resume=True, **where)
    assert resumed.read_bytes() == (unbroken / "run" / "model.safetensors").read_bytes()


def test_a_run_leaves_a_model_its_settings_and_two_checkpoints(unbroken, settings):
    run = unbroken / "run"
    assert load(run).spec.classes == ("background", "shaft", "tip")
    assert read_spec(run / "model.safetensors").temperature != 1.0
    assert len(checkpoints(run / "checkpoints")) == 2
    assert len((run / "history.jsonl").read_text().splitlines()) == len(settings.stages)


def test_weights_moved_in_both_stages(tmp_path, unbroken, settings):
    torch.manual_seed(settings.seed)
    fresh, after = build(settings.model).state_dict(), load(unbroken / "run").state_dict()
    for part in ("network.segmentation_head.0.weight", "memory.back.weight"):
        assert float((fresh[part] - after[part]).abs().max()) > 1e-4, part


def test_validation_on_the_way_changes_nothing_that_is_learnt(tmp_path, unbroken, settings):
    often = settings.model_copy(update={"validate_every": 3})
    watched = train(often, unbroken / "data", tmp_path / "run", cache=unbroken / "cache", quiet=True)
    assert watched.read_bytes() == (unbroken / "run" / "model.safetensors").read_bytes()
    assert len((tmp_path / "run" / "history.jsonl").read_text().splitlines()) > len(settings.stages)


def test_it_learns(tmp_path, unbroken, settings):
    stage = settings.stages[0].model_copy(update={"steps": 60, "batch": 4})
    longer = settings.model_copy(update={"stages": (stage,), "log_every": 60, "checkpoint_every": 100})
    train(longer, unbroken / "data", tmp_path / "run", cache=unbroken / "cache", quiet=True)
    last = json.loads((tmp_path / "run" / "history.jsonl").read_text().splitlines()[-1])
    assert last["shaft"] > 0.5


def test_a_run_may_begin_from_another_s_weights(tmp_path, unbroken, settings):
    first = unbroken / "run" / "model.safetensors"
    frozen = settings.stages[1].model_copy(update={"train": "memory"})
    second = settings.model_copy(update={"stages": (frozen,), "begin_from": str(unbroken / "run")})
    path = train(second, unbroken / "data", tmp_path / "run", cache=unbroken / "cache", quiet=True)
    before, after = read_tensors(first), read_tensors(path)
    assert all(
        torch.equal(value, after[name]) for name, value in before.items() if name.startswith("network.")
    )
    assert any(not torch.equal(value, after[name]) for name, value in before.items())


def test_network_and_memory_may_come_from_different_runs(tmp_path, unbroken, settings):
    other = nano()
    torch.nn.init.normal_(other.memory.memory_encoder.out_proj.weight)
    save(other, tmp_path / "other.safetensors")
    stage = settings.stages[1].model_copy(update={"train": "base", "freeze_memory": True})
    begun = {
        "stages": (stage,),
        "network_from": str(unbroken / "run"),
        "memory_from": str(tmp_path / "other.safetensors"),
    }
    path = train(
        settings.model_copy(update=begun),
        unbroken / "data",
        tmp_path / "run",
        cache=unbroken / "cache",
        quiet=True,
    )
    after, theirs = read_tensors(path), read_tensors(tmp_path / "other.safetensors")
    same = [n for n in after if n.startswith(("memory.memory_attention.", "memory.memory_encoder."))]
    assert all(torch.equal(after[name], theirs[name]) for name in same)
    first = read_tensors(unbroken / "run" / "model.safetensors")
    counted = [n for n in first if n.startswith("network.") and "running" in n]  # norms keep their statistics
    assert counted
    assert all(torch.equal(after[name], first[name]) for name in counted)


def test_a_network_of_ones_own_learns_with_its_memory(tmp_path, unbroken, settings):
    torch.manual_seed(0)
    own = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, 8, 1),
        torch.nn.ReLU(),
        torch.nn.Conv2d(8, 12, 3, 2, 1),
        torch.nn.Conv2d(12, 3, 1),
    )
    model = tmam(
        own, at="2", classes=settings.model.classes, memory=settings.model.tmam, fit=settings.model.fit
    )
    mine = settings.model_copy(update={"model": model.spec, "stages": settings.stages[1:]})
    before = own[0].weight.detach().clone()
    weights = train(
        mine, unbroken / "data", tmp_path / "run", cache=unbroken / "cache", quiet=True, network=own
    )
    assert not torch.equal(own[0].weight, before)
    again = load(weights, network=copy.deepcopy(own))
    assert again.spec.network.architecture == "Sequential"
    assert float(again.memory.back.weight.abs().max()) > 0


def test_the_preset_gives_a_trained_network_a_memory_and_leaves_it_as_it_is(tmp_path, unbroken):
    torch.manual_seed(0)
    own = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, 16, 1),
        torch.nn.BatchNorm2d(8),
        torch.nn.ReLU(),
        torch.nn.Conv2d(8, 12, 3, 1, 1),
        torch.nn.Conv2d(12, 3, 1),
    )
    short = [
        "stages.0.steps=8",
        "stages.1.steps=8",
        "data={sources: [{path: stills}]}",
        "model.fit.longest=64",
    ]
    settings = load_settings("tmam", changes=[*short, "accelerator=cpu", "precision=32-true", "loaders=0"])
    model = tmam(
        own,
        at="3",
        classes=("background", "shaft", "tip"),
        memory=settings.model.tmam,
        fit=settings.model.fit,
    )
    before = {name: value.clone() for name, value in own.state_dict().items()}
    mine = settings.model_copy(update={"model": model.spec})
    weights = train(
        mine, unbroken / "data", tmp_path / "run", cache=unbroken / "cache", quiet=True, network=own
    )
    assert all(torch.equal(value, before[name]) for name, value in own.state_dict().items())
    again = load(weights, network=copy.deepcopy(own))
    assert again.spec.tmam.evidence is not None
    assert float(again.memory.back.weight.abs().max()) > 0
    assert float(again.memory.gate.cell.weight.abs().max()) > 0


SMALL = (
    "model.litemedsam.memory.attention={width: 16, memory_width: 8, layers: 1, ffn: 32}",
    "model.fit={longest: 64}",
    "data={features: {moving: 3}, sources: [{path: stills}], validation: [v]}",
    "stages=[{name: follow, steps: 8, batch: 2, length: 3, back: 3, memory: true, train: memory, learning_rate: 0.01}]",
    "checkpoint_every=4",
    "validate_every=4",
)


def test_a_memory_for_prompted_objects_learns_from_frames_encoded_once(tmp_path, monkeypatch):
    base = nano_litemedsam().get_submodule("network.base")
    monkeypatch.setattr("segmem.methods.litemedsam.published", lambda: copy.deepcopy(base))
    monkeypatch.setattr(prompted_objective, "overlap", lambda mask, _: torch.ones(len(mask)))
    settings, data = load_settings("litemedsam-memory", changes=SMALL), tmp_path / "data"
    write_images(data / "stills", ["a", "b", "v"])
    weights = train(settings, data, tmp_path / "run", cache=tmp_path / "cache", quiet=True)
    learnt = parts_of(load(weights)).state_dict()
    for name in ("where.correct.weight", "back.weight"):  # they begin at zero
        assert learnt[name].abs().max() > 1e-4, name
    history = [json.loads(line) for line in (tmp_path / "run" / "history.jsonl").read_text().splitlines()]
    assert [row["step"] for row in history] == [4, 8]

    monkeypatch.setattr(LiteMedSamMemory, "encode", lambda *_: pytest.fail("encoded a second time"))
    again = train(settings, data, tmp_path / "again", cache=tmp_path / "cache", quiet=True)
    assert again.read_bytes() == weights.read_bytes()


def test_an_encoder_learns_with_what_answers_boxes_and_memory_after_it(tmp_path, monkeypatch):
    monkeypatch.setattr(prompted_objective, "overlap", lambda mask, _: torch.ones(len(mask)))
    attention = "model.sam2.network.attention={width: 32, memory_width: 16, layers: 1, ffn: 32}"
    small = ["model.sam2.network.decoder={width: 32, mlp: 32, masks: 1}", "model.sam2.network.imagenet=false"]
    few = [f"stages.{n}.{key}" for n in range(3) for key in ("steps=2", "batch=2")]
    data = ["data.sources=[{path: scans}]", "data.validation=[v]", "model.fit.longest=32", "norm_batches=1"]
    settings = load_settings("sam2-lite0-hippocampus", changes=[attention, *small, *few, *data])
    write_scans(tmp_path / "data" / "scans", ["a", "b", "v"])
    torch.manual_seed(settings.seed)
    fresh = build(settings.model).state_dict()
    train(settings, tmp_path / "data", tmp_path / "run", cache=tmp_path / "cache", quiet=True)
    learnt = read_tensors(latest(tmp_path / "run" / "checkpoints"))
    moved = {
        name for name, value in fresh.items() if not torch.equal(learnt[f"model.{name}"].to(value), value)
    }
    for part in (
        "image_encoder.pyramid.trunk",
        "image_encoder.laterals",
        "sam_mask_decoder",
        "memory_encoder",
    ):
        assert any(name.startswith(f"network.{part}") for name in moved), part
    assert any(name.endswith("running_mean") for name in moved)
    history = [json.loads(line) for line in (tmp_path / "run" / "history.jsonl").read_text().splitlines()]
    assert [(row["stage"], "volume" in row) for row in history] == [
        ("images", True),
        ("clips", True),
        ("settling", True),
    ]


@pytest.fixture(scope="module")
def scan_settings(settings):
    """Both stages of a scan's model, six steps each."""
    stages = tuple(
        stage.model_copy(update={"steps": 6, "batch": 1, "length": 3, "corruption": None})
        for stage in settings.stages
    )
    data = DataSettings(sources=(SourceSettings(path="scans"),), validation=("v",))
    model = nano_lapg(intensity=IntensitySettings(kind="percentile"), fit=FitSettings(longest=32)).spec
    changes = {"model": model, "data": data, "stages": stages, "validate_every": 4}
    return settings.model_copy(update=changes)


def test_a_scan_s_two_stages_are_learnt_and_resumed_to_the_bit(tmp_path, scan_settings, monkeypatch):
    write_scans(tmp_path / "data" / "scans", ["a", "b", "v"])
    where = {"cache": tmp_path / "cache", "quiet": True}
    whole = train(scan_settings, tmp_path / "data", tmp_path / "whole", **where)
    with monkeypatch.context() as patch:
        stop_at(patch, 9)
        with pytest.raises(InterruptedRun, match="after step 9 of 12"):
            train(scan_settings, tmp_path / "data", tmp_path / "run", **where)
    resumed = train(scan_settings, tmp_path / "data", tmp_path / "run", resume=True, **where)
    assert resumed.read_bytes() == whole.read_bytes()
    assert isinstance(load(whole), VolumeSegmenter)
    assert read_spec(whole).temperature != 1.0
    stages = [json.loads(line) for line in (tmp_path / "whole" / "history.jsonl").read_text().splitlines()]
    assert len(stages) >= 2


def test_a_class_is_learnt_from_the_source_that_tells_it(tmp_path, scan_settings):
    """Two folders of scans with the same object; one calls it background. Told so, that folder does not undo it."""
    scans = tmp_path / "data" / "scans", tmp_path / "data" / "others"
    for root, names in zip(scans, (["a", "v"], ["b", "c", "d"]), strict=True):
        write_scans(root, names, bright=3000)
    stages = (scan_settings.stages[0].model_copy(update={"steps": 30, "batch": 2}),)
    data = {}
    for name, tells in (("all", ()), ("told", ("shaft",))):
        others = SourceSettings(path="others", labelled_classes=tells, label_map={} if tells else {2: 0})
        data[name] = DataSettings(sources=(SourceSettings(path="scans"), others), validation=("v",))
    share = {}
    for name, given in data.items():
        settings = scan_settings.model_copy(update={"data": given, "stages": stages, "validate_every": 30})
        model = load(
            train(settings, tmp_path / "data", tmp_path / name, cache=tmp_path / "cache", quiet=True)
        )
        (case,) = gather(settings, tmp_path / "data", Store(tmp_path / "cache"), None).validation
        found = torch.stack([logits.softmax(0)[2] for _, logits in stream_logits(model, case, memory=False)])
        share[name] = found[torch.from_numpy(case.labels == 2)].mean()
    assert share["told"] > share["all"] + 0.2


def test_a_stage_that_cannot_be_learnt_is_refused_before_the_first_is(tmp_path, unbroken, settings):
    first = settings.stages[0]
    gate = first.model_copy(update={"name": "late", "memory": True, "train": "gate"})
    wrong = settings.model_copy(update={"stages": (first, gate), "model": nano_paper().spec})
    with pytest.raises(SettingsError, match="late trains a gate, but"):
        train(wrong, unbroken / "data", tmp_path / "run", cache=unbroken / "cache", quiet=True)
    assert not checkpoints(tmp_path / "run" / "checkpoints")  # the end of a stage always writes one


def test_after_a_mistake_the_same_folder_serves(tmp_path, unbroken, settings):
    few = settings.model_copy(update={"stages": (settings.stages[0].model_copy(update={"steps": 2}),)})
    wrong = few.model_copy(update={"data": settings.data.model_copy(update={"exclude": ("nobody",)})})
    where = {"cache": unbroken / "cache", "quiet": True}
    with pytest.raises(SettingsError, match="nobody"):
        train(wrong, unbroken / "data", tmp_path / "run", **where)
    assert train(few, unbroken / "data", tmp_path / "run", **where).is_file()
