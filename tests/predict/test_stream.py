import numpy as np
import pytest
import torch

from footage import pictures, write_video
from nano import nano_samed2
from segmem.core import Clip, Geometry, Prompt, PromptBatch
from segmem.core.errors import GeometryError, PromptError, UsageError
from segmem.methods.load import load
from segmem.nn.temporal_adapter import TemporalSettings
from segmem.ops.fit import plan, unfit
from segmem.ops.intensity import IntensitySettings, window
from segmem.predict.compute import Compute
from segmem.predict.stream import Viewer, stream
from segmem.state import State


def logits(stream_of):
    return torch.cat([prediction.logits for prediction, _ in stream_of])


def test_predictions_come_at_the_input_s_size(video_model):
    for index, (prediction, state) in enumerate(stream(video_model, pictures(3, size=(61, 87)))):
        assert prediction.logits.shape == (1, 3, 61, 87)
        assert prediction.score.shape == (1,)
        assert state.frame == index + 1


@torch.inference_mode()
def test_a_stream_is_prepare_step_and_unfit(video_model):
    frames = [torch.from_numpy(picture).permute(2, 0, 1) for picture in pictures(3)]
    fit, state, expected = plan((60, 90), video_model.spec.fit), State.start(), []
    for frame in frames:
        ready = video_model.prepare(frame[None], fit, window(frame, IntensitySettings()))
        prediction, state = video_model.step(ready, state)
        expected.append(unfit(prediction.logits, fit))
    found = logits(stream(video_model, frames, precision="float32"))
    assert torch.allclose(found, torch.cat(expected), atol=1e-4)


def test_arrays_tensors_and_a_file_give_the_same(video_model, tmp_path):
    arrays = pictures(4)
    expected = logits(stream(video_model, arrays))
    tensors = [torch.from_numpy(array).permute(2, 0, 1) for array in arrays]
    assert torch.equal(logits(stream(video_model, tensors)), expected)
    assert torch.equal(logits(stream(video_model, str(write_video(tmp_path / "v.mkv", 4)))), expected)


def test_a_stream_goes_on_from_a_state(video_model):
    frames = pictures(6)
    whole = logits(stream(video_model, frames))
    state = State.start()
    for _, after in stream(video_model, frames[:3]):
        state = after
    assert torch.equal(logits(stream(video_model, frames[3:], state=state)), whole[3:])


def test_answers_that_are_no_numbers_are_warned_of_once_and_forgotten(video_model, monkeypatch):
    decode, asked = video_model.network.decode, []

    def sometimes(features):
        asked.append(features)
        return decode(features) * (torch.nan if len(asked) in {2, 3} else 1)

    monkeypatch.setattr(video_model.network, "decode", sometimes)
    with pytest.warns(UserWarning, match="frame 1: the network answers with NaN") as seen:
        found = logits(stream(video_model, pictures(5)))
    assert len(seen) == 1
    assert found.isfinite().flatten(1).all(dim=1).tolist() == [True, False, False, True, True]


def test_the_first_answer_does_not_wait_for_the_last_frame(video_model):
    taken = []

    def endless():
        for picture in pictures(40):
            taken.append(1)
            yield picture

    answers = stream(video_model, endless())
    next(answers)
    assert len(taken) < 15
    answers.close()


def test_a_size_that_changes_is_refused(video_model):
    with pytest.raises(GeometryError, match="Frame 1"):
        list(stream(video_model, [*pictures(1), *pictures(1, size=(50, 90))]))


def test_a_prompt_for_a_model_without_is_refused(video_model):
    with pytest.raises(UsageError, match="takes no prompts"):
        list(stream(video_model, pictures(2), prompts={1: Prompt()}))


def test_a_model_that_is_named_answers_as_one_that_is_loaded(video_weights):
    named, loaded = (
        logits(stream(m, pictures(2), precision="float32")) for m in (video_weights, load(video_weights))
    )
    assert len(named) == 2
    assert torch.allclose(named, loaded, atol=1e-4)


@pytest.mark.parametrize(("asked", "half"), [("float32", False), ("bfloat16", True)])
def test_the_precision_is_what_was_asked_for(video_model, asked, half):
    frames = [torch.from_numpy(picture).permute(2, 0, 1) for picture in pictures(3)]
    compute = Compute.on(torch.device("cpu"), "float32")
    exact = logits(Viewer(video_model, compute).walk(frames, State.start(), {}))
    found = logits(stream(video_model, frames, precision=asked))
    assert torch.allclose(found, exact, atol=0.2)
    assert torch.equal(found, exact) is not half


def test_a_scan_is_seen_against_all_of_it(scan_model):
    dark, bright = torch.full((1, 40, 40), 10.0), torch.full((1, 40, 40), 1000.0)
    alone = logits(stream(scan_model, [dark, dark]))
    beside = logits(stream(scan_model, [dark, bright]))
    doubled = logits(stream(scan_model, [dark * 3, bright * 3]))
    assert torch.allclose(beside, doubled, atol=1e-3)
    assert not torch.allclose(alone[1], beside[1], atol=1e-3)


BOX = (10.0, 10.0, 60.0, 50.0)


def test_a_prompt_is_heard_when_its_frame_comes(sam2_model):
    prompts = [Prompt(frame=1, object=7, box=BOX), Prompt(frame=3, object=2, points=((70.0, 30.0, 1),))]
    seen = [prediction for prediction, _ in stream(sam2_model, pictures(5), prompts)]
    assert [p.objects for p in seen] == [(), (7,), (7,), (7, 2), (7, 2)]
    assert [p.logits.shape for p in seen] == [(1, 1 + len(p.objects), 60, 90) for p in seen]
    assert not seen[0].labels.any()
    assert set(seen[4].labels.unique().tolist()) <= {0, 2, 7}


@torch.inference_mode()
def test_prompts_are_given_in_pixels_of_the_input(sam2_model):
    frame = torch.from_numpy(pictures(1)[0]).permute(2, 0, 1)
    fit = plan((60, 90), sam2_model.spec.fit)
    ready = sam2_model.prepare(frame[None], fit, (0.0, 255.0))
    scale = torch.tensor([fit.scaled[1] / 90, fit.scaled[0] / 60] * 2)
    grid = PromptBatch((1,), boxes=(torch.tensor(BOX) * scale)[None, None])
    expected, _ = sam2_model.step(ready, State.start(), grid)
    found = logits(stream(sam2_model, [frame], [Prompt(box=BOX)], precision="float32"))
    assert torch.allclose(found, unfit(expected.logits, fit), atol=1e-4)


def test_several_things_said_of_one_object_count_together(sam2_model):
    apart = [Prompt(box=BOX), Prompt(points=((30.0, 30.0, 1),))]
    together = [Prompt(box=BOX, points=((30.0, 30.0, 1),))]
    box = logits(stream(sam2_model, pictures(1), apart[:1]))
    both = logits(stream(sam2_model, pictures(1), apart))
    assert torch.equal(both, logits(stream(sam2_model, pictures(1), together)))
    assert not torch.equal(both, box)


def test_a_prompted_stream_goes_on_from_a_state_and_a_later_prompt_is_heard(sam2_model):
    frames, prompts = pictures(6), [Prompt(box=BOX), Prompt(frame=4, points=((30.0, 30.0, 0),))]
    unbroken = logits(stream(sam2_model, frames, prompts))
    state = State.start()
    for _, after in stream(sam2_model, frames[:3], prompts[:1]):
        state = after
    assert torch.equal(logits(stream(sam2_model, frames[3:], prompts[1:], state=state)), unbroken[3:])


def test_a_clip_that_is_gone_on_with_counts_its_frames_from_the_first_one_s(sam2_model):
    stack = torch.from_numpy(np.stack(pictures(6))).permute(0, 3, 1, 2)
    prompts = [Prompt(box=BOX), Prompt(frame=4, points=((30.0, 30.0, 0),))]
    state = State.start()
    for _, after in stream(sam2_model, list(stack[:3]), prompts[:1]):
        state = after
    rest = Clip("c", stack[3:], Geometry("video", (60, 90)))
    assert len(list(stream(sam2_model, rest, prompts[1:], state=state))) == 3


def test_a_prompt_behind_the_last_frame_is_not_swallowed(sam2_model):
    with pytest.raises(PromptError, match="frame 9, which does not exist: the clip ends after 3"):
        list(stream(sam2_model, pictures(3), [Prompt(frame=9, box=BOX)]))


def test_a_prompt_that_cannot_be_meant_is_refused_before_the_first_answer(sam2_model):
    with pytest.raises(PromptError, match="outside the image"):
        stream(sam2_model, pictures(3), [Prompt(frame=2, box=(0.0, 0.0, 500.0, 20.0))])


def test_a_model_for_any_input_takes_the_source_s_kind_and_others_their_own(sam2_model, scan_model):
    compute = Compute.choose("cpu", "float32")
    assert [Viewer(sam2_model, compute).kind(kind) for kind in ("image", "volume")] == ["image", "volume"]
    assert Viewer(scan_model, compute).kind("video") == "volume"


def test_without_memory_each_frame_is_seen_alone(video_model):
    frames = [torch.from_numpy(picture).permute(2, 0, 1) for picture in pictures(4)]
    compute = Compute(torch.device("cpu"), torch.float32)
    alone = logits(Viewer(video_model, compute, memory=False).walk(frames, State.start(), {}))
    whole = logits(Viewer(video_model, compute).walk(frames, State.start(), {}))
    first = [logits(stream(video_model, [frame], precision="float32")) for frame in frames]
    assert torch.allclose(alone, torch.cat(first), atol=1e-4)
    assert not torch.allclose(alone, whole, atol=1e-3)


def test_a_resumed_stream_equals_an_unbroken_one_where_the_encoder_looks_back():
    model, frames = nano_samed2(), pictures(5)
    prompts = [Prompt(0, 1, BOX)]
    whole = logits(stream(model, frames, prompts))
    *_, (_, state) = stream(model, frames[:2], prompts)
    state = State.from_tensors(state.tensors())
    assert len(state.past) == 5
    assert torch.equal(logits(stream(model, frames[2:], state=state)), whole[2:])


@torch.inference_mode()
def test_a_slice_of_a_scan_is_seen_with_both_neighbours_where_the_encoder_looks_at_them():
    temporal = TemporalSettings(hidden=4, time="symmetric")
    model, viewer_of = nano_samed2(temporal=temporal), Compute.choose("cpu", "float32")
    scan = torch.rand(4, 1, 60, 90)
    viewer = Viewer(model, viewer_of)
    viewer.open_scan(scan)
    prediction, _ = viewer.look(scan[1], State(frame=1), [Prompt(1, 1, BOX)], place=1)
    other = Viewer(model, viewer_of)
    other.open_scan(torch.cat([scan[:2], scan[[2]].flip(-1), scan[3:]]))
    changed, _ = other.look(scan[1], State(frame=1), [Prompt(1, 1, BOX)], place=1)
    assert not torch.allclose(prediction.logits, changed.logits, atol=1e-4)
    whole, _ = model.encode_clip(viewer._ready(scan)[None])
    assert torch.allclose(viewer.slices.at(1).top, whole[1].top, atol=1e-5)
