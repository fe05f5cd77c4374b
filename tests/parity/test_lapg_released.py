"""The prompt generator as released against what LAPG's own code gave, with weights made from their names."""

import math
import zlib

import numpy as np
import pytest
import torch

from segmem.nn.released_generator import ReleasedGenerator

CLOSE = 1e-4


def value_of(name: str, shape: torch.Size) -> torch.Tensor:
    drawn = np.random.Generator(np.random.Philox(zlib.crc32(name.encode()))).standard_normal(tuple(shape))
    z = drawn.astype(np.float32)
    if name.endswith("object_token"):
        return torch.from_numpy(z)
    if z.ndim > 1:
        return torch.from_numpy(z * np.float32(1 / math.sqrt(math.prod(shape[1:]))))
    scaled = np.float32(0.02) * z
    return torch.from_numpy(np.float32(1) + scaled if name.endswith(".weight") else scaled)


@pytest.fixture(scope="module")
def generator() -> ReleasedGenerator:
    made = ReleasedGenerator()
    names = {name: value_of(f"prompt_generator.{name}", p.shape) for name, p in made.named_parameters()}
    made.load_state_dict(names)
    return made.eval()


@pytest.fixture
def known(golden_values) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(x) for name, x in golden_values("lapg/prompt_generator.npz").items()}


def test_it_has_the_parameters_that_were_released(generator):
    assert sum(p.numel() for p in generator.parameters()) == 8_491_776
    assert len(list(generator.parameters())) == 115


@torch.no_grad()
def test_image_and_tokens_are_the_released_code_s(generator, known):
    out = generator(known["image"], known["decoder_tokens"])
    for ours, theirs in (
        (out.top, "image_out"),
        (out.token, "prompt_token"),
        (out.others, "other_tokens"),
    ):
        assert (ours - known[theirs]).abs().max() < CLOSE


@torch.no_grad()
def test_the_first_transformer_s_tokens_are_too(generator, known):
    learned = generator.object_token.expand(2, -1, -1)
    objects, decoder = generator.cross_token_token(learned, known["decoder_tokens"])
    assert (objects - known["object_tokens_stage1"]).abs().max() < CLOSE
    assert (decoder - known["decoder_tokens_stage1"]).abs().max() < CLOSE
    into = generator.token_proj(objects) + learned
    assert (into - known["tokens_stage2_in"]).abs().max() < CLOSE
