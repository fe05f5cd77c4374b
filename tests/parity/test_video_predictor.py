"""Our `VideoPredictor` and the reference's, called alike: what each call gives agrees."""

import numpy as np
import pytest
import torch

from segmem import VideoPredictor

pytestmark = pytest.mark.filterwarnings("ignore")

BOX, CLICK = np.array([20, 30, 75, 85], np.float32), np.array([[100, 45]], np.float32)


class Both:
    """Two predictors that hear the same words."""

    def __init__(self, reference, twin, clip):
        self.predictors = (reference, VideoPredictor(twin, precision="float32"))
        self.states = [predictor.init_state(str(clip)) for predictor in self.predictors]
        self.shares, self.changes, self.last = [], [], None

    def call(self, name, *arguments, **named):
        given = [
            getattr(predictor, name)(state, *arguments, **named)
            for predictor, state in zip(self.predictors, self.states, strict=True)
        ]
        if name == "propagate_in_video":
            expected, got = map(list, given)
            assert len(expected) == len(got)
            for pair in zip(expected, got, strict=True):
                self.compare(*pair)
        elif name == "remove_object":
            (ids, frames), (our_ids, our_frames) = given
            assert ids == our_ids
            for (frame, logits), (our_frame, ours) in zip(frames, our_frames, strict=True):
                self.compare((frame, ids, logits), (our_frame, our_ids, ours))
        elif given[0] is not None:
            self.compare(*given)
        return given[1]

    def compare(self, expected, got):
        frame, ids, logits = expected
        assert got[:2] == (frame, list(ids))
        assert got[2].shape == logits.shape
        agree = ((logits > 0) == (got[2] > 0)).float().mean(dim=(1, 2, 3))
        print(f"{frame:3d} {list(ids)} {agree.min():.5f} {(logits - got[2]).abs().max():.2e}")
        assert agree.min() > 0.999
        self.shares.append(float((logits > 0).float().mean()))
        if self.last is not None and self.last.shape == logits.shape:
            self.changes.append(float(((logits > 0) != (self.last > 0)).float().mean()))
        self.last = logits

    @property
    def inside(self):
        return np.mean(self.shares)

    @property
    def moved(self):
        return np.mean(self.changes)


@pytest.fixture
def both(reference, twin, shaken_clip):
    with torch.inference_mode():
        return Both(reference, twin, shaken_clip)


def begin(both):
    both.call("add_new_points_or_box", 0, 1, box=BOX)
    both.call("add_new_points_or_box", 0, 2, points=CLICK, labels=np.array([1]))
    both.call("propagate_in_video")


def correct(both):
    both.call("add_new_points_or_box", 6, 2, points=[[60, 55]], labels=[0])


def test_prompts_propagation_a_correction_and_both_ways_from_it(both):
    begin(both)
    correct(both)
    both.call("propagate_in_video", start_frame_idx=6)
    both.call("propagate_in_video", start_frame_idx=6, reverse=True)
    both.call(
        "propagate_in_video", start_frame_idx=10, reverse=True
    )  # from 11 the reference has no pointer and fails


def test_a_correction_of_what_was_tracked_backward(both):
    both.call("add_new_points_or_box", 9, 1, box=BOX)
    both.call("propagate_in_video", reverse=True)
    both.call("add_new_points_or_box", 3, 1, points=torch.tensor([[60.0, 55.0]]), labels=torch.tensor([0]))
    both.call("propagate_in_video", start_frame_idx=3, reverse=True)
    both.call("propagate_in_video", start_frame_idx=3)
    assert 0.02 < both.inside < 0.98
    assert both.moved > 0.01, "the masks do not change, so the comparison says nothing"


def test_clicks_that_mend_a_first_answer(both):
    both.call("add_new_points_or_box", 0, 1, points=CLICK, labels=[1])
    both.call("add_new_points_or_box", 0, 1, points=[[100, 45], [30, 30]], labels=[1, 0])
    both.call("add_new_points_or_box", 0, 1, points=[[45, 60]], labels=[1], clear_old_points=False)
    both.call(
        "add_new_points_or_box", 0, 2, points=[[0.5, 0.25]], labels=[1], normalize_coords=False, box=BOX / 128
    )
    both.call("propagate_in_video", max_frame_num_to_track=4)


def test_clicks_that_mend_what_was_tracked(both):
    begin(both)
    correct(both)
    both.call("add_new_points_or_box", 6, 2, points=[[10, 15]], labels=[1], clear_old_points=False)
    both.call("add_new_points_or_box", 9, 1, points=[[45, 60]], labels=[1])
    both.call("propagate_in_video")
    both.call("add_new_points_or_box", 0, 1, points=[[10, 10]], labels=[0])
    both.call("propagate_in_video", 0, 3)


def test_masks_and_an_object_that_comes_later(both):
    mask = np.zeros((128, 128), bool)
    mask[25:60, 40:100] = True
    both.call("add_new_mask", 0, 1, mask)
    both.call("propagate_in_video")
    both.call("add_new_mask", 5, 3, torch.from_numpy(mask).flip(0))
    both.call("propagate_in_video", start_frame_idx=5)
    both.call("add_new_mask", 8, 1, np.roll(mask, 15, axis=1))
    both.call("propagate_in_video", start_frame_idx=8)
    both.call("propagate_in_video", start_frame_idx=8, reverse=True)


def test_step_by_step_is_as_in_one_go(both):
    both.call("add_new_points_or_box", 0, 1, box=BOX)
    for frame in range(12):
        both.call("propagate_in_video", frame, 0)
    both.call("add_new_points_or_box", 7, 1, points=CLICK, labels=[1])
    both.call("propagate_in_video", 7, 2)


def test_an_object_that_is_removed_and_prompts_that_are_cleared(both):
    begin(both)
    correct(both)
    both.call("remove_object", 1)
    both.call("propagate_in_video", start_frame_idx=6)
    both.call("add_new_points_or_box", 9, 2, points=[[60, 55]], labels=[0])
    both.call("clear_all_prompts_in_frame", 9, 2)
    both.call("propagate_in_video")
    both.call("reset_state")
    begin(both)
