import pytest
import torch

from nano import nano_litemedsam, nano_sam2, nano_samed2_lite
from segmem.data.prompts import PromptSettings
from segmem.data.runs import Runs
from segmem.nn.network_parts import parameters_of
from segmem.train import prompted_objective as module
from segmem.train.prompted_objective import (
    LEAST,
    PromptedObjective,
    _ready,
    choose_objects,
)
from segmem.train.prompted_settings import PromptedSettings

BOXES = PromptedSettings(prompts=PromptSettings(given=0))


@pytest.fixture(autouse=True)
def chance():
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def understood(monkeypatch):
    """Every prompt counts as understood: random weights answer with anything."""
    monkeypatch.setattr(module, "overlap", lambda mask, _: torch.ones(len(mask)))


def clips(model, batch: int = 2, length: int = 4):
    """Features of noise, and the labels of two squares."""
    random = torch.Generator().manual_seed(1)
    frames = torch.randn(batch, length, 3, 64, 64, generator=random)
    with torch.no_grad():
        features = torch.stack([model.encode(frames[:, t]).top for t in range(length)], dim=1)
    labels = torch.zeros(batch, length, 64, 64, dtype=torch.uint8)
    labels[..., 8:30, 8:30] = 1
    labels[..., 36:60, 30:60] = 2
    return features, labels, torch.ones(batch, length, dtype=torch.bool)


def loss_of(objective, *given) -> torch.Tensor:
    torch.manual_seed(3)
    return objective(*given)


def test_one_object_of_the_first_frame_is_chosen_and_followed():
    labels = torch.zeros(40, 3, 16, 16, dtype=torch.uint8)
    labels[:, 0, :8, :8] = 1
    labels[:, 0, 8:, 8:] = 2
    labels[:, 1, :4, :8] = 1
    labels[:, 2, 8:, :4] = 2
    truth, good = choose_objects(labels, [0.25] * len(labels))
    assert bool(good.all())
    areas = {tuple(clip.sum(dim=(1, 2)).int().tolist()) for clip in truth}
    assert areas == {(64, 32, 0), (64, 0, 32), (128, 32, 32)}, "each class, or now and then all together"


@pytest.mark.parametrize(("pixels", "good"), [(LEAST - 1, False), (LEAST, True)])
def test_an_object_of_too_few_pixels_is_not_worth_following(pixels, good):
    labels = torch.zeros(1, 2, 16, 16, dtype=torch.uint8)
    labels.view(-1)[:pixels] = 3
    assert choose_objects(labels, [0.25] * len(labels))[1].tolist() == [good]


def test_the_loss_teaches_all_of_the_memory_and_nothing_else(monkeypatch):
    model = nano_litemedsam()
    given_clips = clips(model)
    loss_of(PromptedObjective(model, 4, BOXES), *given_clips).backward()
    silent = {name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0}
    expected = {name for name, _ in model.named_parameters() if name.startswith("network.base.")}
    assert silent == expected


def test_frames_without_a_label_and_clips_without_an_object_count_nothing(monkeypatch):
    model = nano_litemedsam()
    features, labels, labelled = clips(model)
    labels[labels == 2] = 0
    objective = PromptedObjective(model, 4, BOXES)
    labelled[:, 2] = False
    other = labels.clone()
    other[:, 2] = 0
    assert torch.equal(
        loss_of(objective, features, labels, labelled), loss_of(objective, features, other, labelled)
    )
    other[:, 3] = 0
    assert not torch.equal(
        loss_of(objective, features, labels, labelled), loss_of(objective, features, other, labelled)
    )
    empty = labels.clone()
    empty[1] = 0
    alone = loss_of(objective, features[:1], labels[:1], labelled[:1])
    assert torch.allclose(loss_of(objective, features, empty, labelled)[None], alone[None], atol=1e-4)


def test_a_prompt_that_was_answered_with_something_else_teaches_nothing(monkeypatch):
    model = nano_litemedsam()
    given_clips = clips(model)
    assert loss_of(PromptedObjective(model, 4, BOXES), *given_clips) > 0
    monkeypatch.setattr(module, "overlap", lambda mask, _: torch.zeros(len(mask)))
    assert loss_of(PromptedObjective(model, 4, BOXES), *given_clips) == 0


def test_back_propagation_stops_where_it_is_told(monkeypatch):
    only_last = torch.zeros(2, 4, dtype=torch.bool)
    only_last[:, -1] = True

    def reached(back: int) -> list[bool]:
        model = nano_litemedsam()
        features, labels, _ = clips(model)
        features.requires_grad_()
        loss_of(PromptedObjective(model, back, BOXES), features, labels, only_last).backward()
        return [bool(features.grad[:, t].abs().sum() > 0) for t in range(4)]

    assert reached(1) == [False, False, False, True]
    assert reached(3) == [False, True, True, True]
    assert reached(4) == [True] * 4


def learning(*parts, **changes) -> PromptedSettings:
    return PromptedSettings(parts=parts, loss="sam2", **{"prompts": PromptSettings(given=0), **changes})


def silent(model) -> set[str]:
    return {name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0}


def test_a_prompted_frame_teaches_the_decoder_and_the_quality_head():
    model = nano_litemedsam().requires_grad_()
    features, labels, labelled = clips(model, length=1)
    loss_of(PromptedObjective(model, 4, learning("decoder")), features.detach(), labels, labelled).backward()
    quiet = silent(model)
    assert not any(".iou_prediction_head.layers" in name for name in quiet)
    assert "network.base.mask_decoder.output_hypernetworks_mlps.0.layers.0.weight" not in quiet
    assert any(name.startswith("network.base.image_encoder") for name in quiet)


def test_each_clip_is_prompted_as_its_source_says():
    model = nano_litemedsam()
    features, labels, labelled = clips(model, batch=2, length=1)
    objective = PromptedObjective(model, 4, learning("decoder"))
    asked = []
    said = objective.said
    objective.said = lambda *args: asked.append(said(*args)) or asked[-1]
    points = PromptSettings(box=0, given=0, points=1, clicks=3)
    objective(features, labels, labelled, (points, None))
    (prompt,) = asked
    assert prompt.points[0, 0, :, 2].tolist() == [1, 1, 1]
    assert prompt.points[1].max() == -1
    assert prompt.boxes[0].isnan().all()
    assert not prompt.boxes[1].isnan().any()


def test_a_mask_that_is_the_answer_teaches_the_answering_nothing():
    model = nano_litemedsam().requires_grad_()
    features, labels, labelled = clips(model, length=1)
    answer = learning("decoder", prompts=PromptSettings(box=0, given=1))
    assert loss_of(PromptedObjective(model, 4, answer), features, labels, labelled) == 0


def test_a_coarse_mask_changes_the_answer_of_a_network_that_reads_masks():
    model = nano_litemedsam()
    features, labels, labelled = clips(model, length=1)
    wish = learning("prompts", prompts=PromptSettings(box=0, given=0, coarse=1, cell=8))
    deaf = loss_of(PromptedObjective(model, 4, wish), features, labels, labelled)
    model.network.reads_masks = True
    model.requires_grad_()
    heard = loss_of(PromptedObjective(model, 4, wish), features, labels, labelled)
    assert heard != deaf
    heard.backward()
    encoder = model.get_submodule("network.base.prompt_encoder.mask_downscaling")
    assert all(p.grad.abs().sum() > 0 for p in encoder.parameters())


@pytest.mark.parametrize("make", [nano_litemedsam, nano_sam2])
def test_an_encoder_learns_from_frames(make):
    model = make().requires_grad_()
    frames = torch.randint(0, 256, (1, 1, 3, 64, 64), dtype=torch.uint8)
    labels = torch.zeros(1, 1, 64, 64, dtype=torch.uint8)
    labels[..., 8:30, 8:30] = 1
    settings = learning("encoder")
    loss_of(
        PromptedObjective(model, 4, settings), frames, labels, torch.ones(1, 1, dtype=torch.bool)
    ).backward()
    encoder = list(parameters_of(model.get_submodule("network"), "encoder"))
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in encoder)


def test_whether_an_object_is_there_is_learnt_where_the_network_says_it():
    model = nano_sam2().requires_grad_().train()
    frames = torch.randint(0, 256, (1, 2, 3, 64, 64), dtype=torch.uint8)
    labels = torch.zeros(1, 2, 64, 64, dtype=torch.uint8)
    labels[:, 0, 8:30, 8:30] = 1  # gone on the second frame
    objective = PromptedObjective(model, 4, learning("decoder", "memory"))
    loss_of(objective, frames, labels, torch.ones(1, 2, dtype=torch.bool)).backward()
    decoder = model.get_submodule("network.sam_mask_decoder")
    assert decoder.pred_obj_score_head.layers[0].weight.grad.abs().sum() > 0
    assert decoder.output_hypernetworks_mlps[1].layers[0].weight.grad.abs().sum() > 0, "of an absent one too"


def test_several_objects_are_asked_for_on_frames_that_are_encoded_once():
    model = nano_litemedsam()
    features, labels, labelled = clips(model, batch=2, length=1)
    objective = PromptedObjective(model, 4, learning("decoder", objects=3))
    asked = []
    said = objective.said
    objective.said = lambda *args: asked.append(said(*args)) or asked[-1]
    assert objective(features, labels, labelled) > 0
    assert asked[0].boxes.shape == (6, 1, 4)


@pytest.fixture
def looking():
    """A network whose encoder looks at true neighbours on both sides, and five slices of a scan."""
    model = nano_samed2_lite("symmetric", last=1)
    return model, torch.rand(1, 5, 3, 64, 64, generator=torch.Generator().manual_seed(2))


def test_a_clip_s_features_are_those_of_the_whole_scan_in_whatever_order_it_visits_them(looking):
    model, scan = looking
    with torch.no_grad():
        whole = model.encode_clip(scan)[0]
        entered = model.enter(scan[0]).top
        runs = Runs((entered, entered[1:]), torch.tensor([[3, 2, 3], [3, 2, 1]]))
        seen = list(PromptedObjective(model, 4).moments(runs))
    for t, (first, second) in enumerate([(3, 4), (2, 3), (3, 2)]):
        assert torch.allclose(seen[t].top[0], whole[first].top[0], atol=1e-5)
        assert torch.allclose(seen[t].top[1], whole[second].top[0], atol=1e-5)


def test_pictures_are_encoded_beside_those_of_their_clip(looking):
    model, _ = looking
    frames = torch.randint(0, 256, (2, 3, 3, 64, 64), dtype=torch.uint8)
    with torch.no_grad():
        seen = list(PromptedObjective(model, 4).moments(frames))
        expected = model.encode_clip(torch.stack([_ready(model, one) for one in frames]))
    for one, other in zip(seen, expected[0], strict=True):
        assert torch.allclose(one.top, other.top, atol=1e-5)


def test_adapters_learn_through_what_was_kept_and_the_frozen_encoder_does_not(looking):
    model, scan = looking
    parts = PromptedSettings(parts=("adapters",), prompts=PromptSettings(given=0))
    model.requires_grad_(False)
    adapters = dict(part for part in model.network.named_parameters() if "adapter" in part[0])
    for parameter in adapters.values():
        parameter.requires_grad_()
    with torch.no_grad():
        runs = Runs((model.enter(scan[0]).top,), torch.tensor([[1, 2, 3]]))
    _, labels, labelled = clips(model, batch=1, length=3)
    loss_of(PromptedObjective(model, 4, parts), runs, labels, labelled).backward()
    assert adapters
    assert all(parameter.grad.abs().sum() > 0 for parameter in adapters.values())
