import pytest
import torch

from nano import nano
from segmem.core.errors import SettingsError
from segmem.data.store import Store
from segmem.train.course import choose, clip_plan, make_course
from segmem.train.machine import make_fabric
from segmem.train.material import gather
from segmem.train.norms import norms
from segmem.train.settings import SyntheticSettings


@pytest.fixture
def course(tmp_path, data, settings):
    material = gather(settings, data, Store(tmp_path / "cache"), nano())
    return make_course(make_fabric(settings), settings, settings.stages[0], material, nano())


def test_steps_are_taken_and_told_from_the_first_on(course):
    told = []
    course.run(6, lambda step, loss: told.append((step, bool(torch.isfinite(loss)))))
    assert told == [(7, True), (8, True)]


def test_only_a_stage_that_trains_the_gate_draws_pictures_whose_labels_are_not_learnt(
    tmp_path, data, settings
):
    source = settings.data.sources[0].model_copy(update={"gate_only": True})
    settings = settings.model_copy(
        update={"data": settings.data.model_copy(update={"sources": (source,), "synthetic": None})}
    )
    material = gather(settings, data, Store(tmp_path / "cache"), nano())

    def course(train):
        stage = settings.stages[1].model_copy(update={"train": train})
        return make_course(make_fabric(settings), settings, stage, material, nano())

    assert course("gate").draw(0).frames.ndim == 5
    with pytest.raises(SettingsError, match="gate_only"):
        course("memory")


def test_a_stage_pads_its_clips_to_the_frames_that_it_draws(tmp_path, data, settings):
    made = SyntheticSettings(count=1, frames=2, size=(32, 64))
    settings = settings.model_copy(update={"data": settings.data.model_copy(update={"synthetic": made})})
    material = gather(settings, data, Store(tmp_path / "cache"), nano())

    def drawn(*named):
        stage = settings.stages[0].model_copy(update={"sources": named})
        return make_course(make_fabric(settings), settings, stage, material, nano()).draw(0).frames.shape[-2:]

    assert (drawn("synthetic"), drawn()) == ((32, 64), (64, 64))


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


def test_promptable_networks_see_zeros_where_a_frame_is_padded(settings):
    stage = settings.stages[0]
    spec = settings.model.model_copy(update={"method": "litemedsam"})
    assert clip_plan(settings.model_copy(update={"model": spec}), stage, (64, 64)).padding == (0, 0, 0)
    assert clip_plan(settings, stage, (64, 64)).padding != (0, 0, 0)
