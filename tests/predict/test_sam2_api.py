import numpy as np
import pytest
import torch

import segmem
from footage import pictures, write_scan, write_video
from nano import nano_sam2
from segmem.core.errors import PromptError, UsageError

BOX = [5, 5, 40, 40]


@pytest.fixture(scope="module")
def predictor():
    return segmem.VideoPredictor(nano_sam2())


@pytest.fixture
def state(predictor):
    return predictor.init_state(pictures(6))


def test_every_frame_comes_with_all_objects_at_its_own_size(predictor, state):
    frame, ids, logits = predictor.add_new_points_or_box(state, 0, 3, box=BOX)
    assert (frame, ids, logits.shape) == (0, [3], (1, 1, 60, 90))
    _, ids, logits = predictor.add_new_points_or_box(state, 2, 1, points=[[50, 30]], labels=[1])
    assert (ids, logits.shape) == ([3, 1], (2, 1, 60, 90))
    assert torch.equal(logits[0], torch.full((1, 60, 90), -1024.0)), "object 3 is not tracked yet"
    given = list(predictor.propagate_in_video(state))
    assert [frame for frame, _, _ in given] == list(range(6))
    assert all((ids, logits.shape) == ([3, 1], (2, 1, 60, 90)) for _, ids, logits in given)


def test_a_file_and_its_frames_are_tracked_alike(predictor, tmp_path):
    given = []
    for video in (write_video(tmp_path / "v.mkv", 6), pictures(6), iter(pictures(6))):
        state = predictor.init_state(video)
        predictor.add_new_points_or_box(state, 3, 1, box=BOX)
        ways = (predictor.propagate_in_video(state, reverse=way) for way in (False, True))
        given.append(torch.stack([logits for way in ways for _, _, logits in way]))
    assert len(given[0]) == 3 + 4
    assert torch.equal(given[0], given[1])
    assert torch.equal(given[0], given[2])


def test_a_scan_is_a_clip_of_slices(predictor, tmp_path):
    state = predictor.init_state(write_scan(tmp_path / "s.nii.gz"))
    predictor.add_new_points_or_box(state, 3, 1, box=[8, 4, 20, 20])
    assert [frame for frame, _, _ in predictor.propagate_in_video(state, reverse=True)] == [3, 2, 1, 0]


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor, lambda v: torch.tensor([v])])
def test_arrays_tensors_and_lists_say_the_same(predictor, state, kind):
    expected = predictor.add_new_points_or_box(state, 0, 1, [[50, 30], [9, 9]], [1, 0], box=BOX)[2]
    other = predictor.init_state(pictures(6))
    got = predictor.add_new_points_or_box(other, 0, 1, kind([[50, 30], [9, 9]]), kind([1, 0]), box=kind(BOX))
    assert torch.equal(got[2], expected)


def test_coordinates_can_be_shares_of_the_frame(predictor, state):
    expected = predictor.add_new_points_or_box(state, 0, 1, [[45, 30]], [1], box=[9, 6, 45, 30])[2]
    shares = predictor.add_new_points_or_box(
        predictor.init_state(pictures(6)),
        0,
        1,
        [[0.5, 0.5]],
        [1],
        normalize_coords=False,
        box=[0.1, 0.1, 0.5, 0.5],
    )[2]
    assert torch.allclose(shares, expected, atol=1e-4)


def test_points_are_added_or_take_the_place_of_those_before(predictor, state):
    predictor.add_new_points_or_box(state, 0, 1, [[50, 30]], [1], box=BOX)
    predictor.add_new_points_or_box(state, 0, 1, [[9, 9]], [0], clear_old_points=False)
    said = state.pin(0, 1).said
    assert (said.box, said.points) == (tuple(BOX), ((50, 30, 1), (9, 9, 0)))
    predictor.add_new_points_or_box(state, 0, 1, [[9, 9]], [0])
    said = state.pin(0, 1).said
    assert (said.box, said.points) == (None, ((9, 9, 0),))
    predictor.add_new_mask(state, 0, 1, np.ones((60, 90)))
    predictor.add_new_points_or_box(state, 0, 1, [[9, 9]], [0], clear_old_points=False)
    assert state.pin(0, 1).said.mask is None


def test_a_mask_is_taken_as_it_is_and_stands(predictor, state):
    mask = torch.zeros(60, 90)
    mask[:, :45] = 1
    for given in (mask, mask.numpy() > 0, mask.int().tolist()):
        logits = predictor.add_new_mask(state, 2, 1, given)[2]
        assert ((logits[0, 0] > 0) == (mask > 0)).float().mean() > 0.97
    _, _, tracked = next(predictor.propagate_in_video(state))
    assert torch.equal(tracked, logits)


def test_how_far_and_which_way(predictor, state):
    predictor.add_new_points_or_box(state, 3, 1, box=BOX)

    def frames(*arguments, **named):
        return [frame for frame, _, _ in predictor.propagate_in_video(state, *arguments, **named)]

    assert frames(max_frame_num_to_track=1) == [3, 4]
    assert frames(1, 0) == [1]
    assert frames(reverse=True, max_frame_num_to_track=2) == [3, 2, 1]
    assert frames(0, reverse=True) == []
    with pytest.raises(PromptError, match="no frame 6"):
        frames(6)
    with pytest.raises(PromptError, match="no frame -1"):
        frames(-1)


def test_what_is_taken_back_is_gone(predictor, state):
    predictor.add_new_points_or_box(state, 0, 1, box=BOX)
    predictor.add_new_points_or_box(state, 0, 2, box=[50, 5, 80, 40])
    list(predictor.propagate_in_video(state))
    _, _, logits = predictor.clear_all_prompts_in_frame(state, 0, 1)
    assert torch.equal(logits[0], torch.full((1, 60, 90), -1024.0))
    with pytest.raises(UsageError, match="Object 1 has no prompt"):
        next(predictor.propagate_in_video(state))
    ids, frames = predictor.remove_object(state, 2)
    assert (ids, [frame for frame, _ in frames]) == ([1], [0])
    assert predictor.remove_object(state, 2) == ([1], [])
    with pytest.raises(UsageError, match="no object 2"):
        predictor.remove_object(state, 2, strict=True)
    with pytest.raises(UsageError, match="no object 2"):
        predictor.clear_all_prompts_in_frame(state, 0, 2)
    assert predictor.clear_all_prompts_in_frame(state, 0, 1, need_output=False) is None
    predictor.reset_state(state)
    assert state.objects == []
    with pytest.raises(UsageError, match="No object"):
        next(predictor.propagate_in_video(state))


def test_an_object_named_again_has_forgotten_everything(predictor, state):
    expected = predictor.add_new_points_or_box(state, 2, 1, box=BOX)[2]
    list(predictor.propagate_in_video(state))
    predictor.add_new_points_or_box(state, 0, 2, box=BOX)
    predictor.remove_object(state, 1)
    assert torch.equal(predictor.add_new_points_or_box(state, 2, 1, box=BOX)[2][1], expected[0])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "Nothing is said"),
        ({"points": [[1, 2]]}, "go together"),
        ({"points": [[1, 2]], "labels": [1, 1]}, "expected"),
        ({"points": [[1, 2, 3]], "labels": [1]}, "expected"),
        ({"points": [[1, 2]], "labels": [5]}, "label 5"),
        ({"points": [[1, 99]], "labels": [1]}, "outside the image"),
        ({"box": [1, 2, 3]}, "3 numbers"),
        ({"box": [30, 2, 3, 40]}, "exchanged"),
        ({"box": [1, float("nan"), 3, 4]}, "not finite"),
        ({"box": BOX, "obj_id": 0}, "1 to 255"),
        ({"box": BOX, "frame_idx": 6}, "frame 6"),
        ({"box": BOX, "clear_old_points": False}, "clear_old_points"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(predictor, state, said, told):
    with pytest.raises(PromptError, match=told):
        predictor.add_new_points_or_box(**{"inference_state": state, "frame_idx": 0, "obj_id": 1} | said)
    assert (state.objects, state.fresh) == ([], {})


def test_a_mask_of_another_size_or_without_a_pixel_is_refused(predictor, state):
    for mask, told in ((np.ones((60, 91)), "91 x 60"), (np.zeros((60, 90)), "empty"), (np.ones(60), "shape")):
        with pytest.raises(PromptError, match=told):
            predictor.add_new_mask(state, 0, 1, mask)


def test_the_outline_of_a_rough_mask_is_found_as_in_a_stream(predictor, state):
    brushed = np.zeros((60, 90), bool)
    brushed[10:40, 20:60] = True
    _, _, found = predictor.add_new_mask(state, 0, 1, brushed, rough=True)
    said = [segmem.Prompt(0, 1, mask=brushed, rough=True)]
    ((expected, _),) = segmem.stream(nano_sam2(), pictures(1), said)
    assert torch.allclose(found[0], expected.logits[:, 1], atol=1e-4)
    taken = predictor.add_new_mask(predictor.init_state(pictures(6)), 0, 1, brushed)[2]
    assert not torch.equal(found > 0, taken > 0), "it is not taken as it is"


def test_a_model_that_takes_no_prompts_is_refused(video_model):
    with pytest.raises(UsageError, match="takes no prompts"):
        segmem.VideoPredictor(video_model)
