import pytest
import torch

from nano import nano_sam2, nano_samed2, nano_samed2_lite
from segmem.core.errors import UsageError
from segmem.methods.identity import encoder_of
from segmem.methods.load import load, save


def test_a_model_and_its_saved_copy_are_the_same_encoder(tmp_path):
    model = nano_samed2()
    save(model, tmp_path / "m.safetensors")
    made = encoder_of(model, "a")
    assert encoder_of(load(tmp_path / "m.safetensors"), "a") == made
    assert made.input_size == (64, 64)


@pytest.mark.parametrize("make", [nano_samed2, nano_samed2_lite])
def test_another_image_encoder_or_memory_encoder_is_another_one(make):
    model = make()
    before, seen = encoder_of(model, "a").sha256, set()
    for name, parameter in model.named_parameters():
        if "encoder" in name and "prompt" not in name and len(seen) < 2:
            parameter.data.mul_(1.5)
            seen.add(encoder_of(model, "a").sha256)
    assert len(seen) == 2
    assert before not in seen


def test_what_only_reads_memories_is_no_part_of_it():
    model = nano_samed2()
    before = encoder_of(model, "a").sha256
    with torch.no_grad():
        model.network.memory_attention.norm.weight.mul_(2)
        model.across.reader.code.add_(1)
    assert encoder_of(model, "a").sha256 == before


def test_a_method_without_such_a_memory_takes_no_bank():
    with pytest.raises(UsageError, match="takes no bank"):
        encoder_of(nano_sam2(), "sam2")
