import math

import torch

from segmem.ops.chance import happens, log_uniform, noise, pick, uniform


def seeded(seed=0):
    made = torch.Generator()
    made.manual_seed(seed)
    return made


def test_draws_stay_in_their_ranges():
    random = seeded()
    assert all(2 <= uniform(2, 3, random) < 3 for _ in range(200))
    assert all(0.5 <= log_uniform(0.5, 2, random) < 2 for _ in range(200))
    assert {pick(3, random) for _ in range(100)} == {0, 1, 2}


def test_halving_is_as_likely_as_doubling():
    random = seeded()
    logs = [math.log(log_uniform(0.25, 4, random)) for _ in range(2000)]
    assert abs(sum(logs) / len(logs)) < 0.1


def test_never_and_always_are_kept():
    random = seeded()
    assert not any(happens(0.0, random) for _ in range(100))
    assert all(happens(1.0, random) for _ in range(100))


def test_only_the_generator_decides():
    torch.manual_seed(1)
    one = noise((4,), seeded(5))
    torch.manual_seed(2)
    assert torch.equal(one, noise((4,), seeded(5)))
    assert not torch.equal(one, noise((4,), seeded(6)))
