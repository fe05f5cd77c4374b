import torch

from segmem.data.drawn import drawn_cases


def test_synthetic_clips_are_labelled_cases_of_their_own_groups():
    cases = drawn_cases(2, 3, (48, 64), first_seed=7, hard_share=0.3)
    assert [case.group for case in cases] == ["synthetic-7", "synthetic-8"]
    frames = list(cases[0].read())
    assert len(frames) == 3
    assert (frames[0][0].shape, frames[0][1].shape) == ((3, 48, 64), (48, 64))
    again = list(drawn_cases(1, 3, (48, 64), first_seed=7, hard_share=0.3)[0].read())
    assert all(torch.equal(a[0], b[0]) for a, b in zip(frames, again, strict=True))


def test_whatever_changes_a_clip_changes_its_name():
    made = [(3, (48, 64), 7, 0.3), (4, (48, 64), 7, 0.3), (3, (64, 64), 7, 0.3), (3, (48, 64), 7, 0.2)]
    assert len({drawn_cases(1, *one)[0].name for one in made}) == 4
