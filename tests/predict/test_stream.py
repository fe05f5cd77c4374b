import pytest
import torch

from footage import pictures, write_video
from segmem.core import Prompt
from segmem.core.errors import GeometryError, UsageError
from segmem.ops.fit import plan, unfit
from segmem.ops.intensity import IntensitySettings, window
from segmem.predict.stream import stream
from segmem.segmenter import State


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
    assert torch.allclose(logits(stream(video_model, frames)), torch.cat(expected), atol=1e-4)


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


def test_a_model_can_be_named(video_weights):
    assert len(list(stream(video_weights, pictures(2)))) == 2


def test_a_scan_is_seen_against_all_of_it(scan_model):
    dark, bright = torch.full((1, 40, 40), 10.0), torch.full((1, 40, 40), 1000.0)
    alone = logits(stream(scan_model, [dark, dark]))
    beside = logits(stream(scan_model, [dark, bright]))
    doubled = logits(stream(scan_model, [dark * 3, bright * 3]))
    assert torch.allclose(beside, doubled, atol=1e-3)
    assert not torch.allclose(alone[1], beside[1], atol=1e-3)
