import hashlib

import pytest
import torch
from safetensors import safe_open

from checkpoints import official, write_hf, write_pt
from segmem.convert import UNSTATED, convert_weights
from segmem.core.errors import OutputError, UsageError, WeightsError
from segmem.io.tensors import read_header, read_tensors
from segmem.methods.load import load
from segmem.nn.upstream import to_official


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert all(found[name].dtype == expected[name].dtype for name in expected)


def test_facebooks_names_and_values_are_kept_bit_for_bit(tmp_path):
    convert_weights(write_pt(tmp_path / "x.pt"), tmp_path / "y.safetensors")
    assert_same(read_tensors(tmp_path / "y.safetensors"), official())


@pytest.mark.parametrize("shards", [1, 3])
def test_a_hugging_face_folder_comes_under_facebooks_names(tmp_path, shards):
    told = convert_weights(write_hf(tmp_path / "mine", shards), tmp_path / "y.safetensors")
    assert_same(read_tensors(tmp_path / "y.safetensors"), official())
    assert (told.origin, told.layout, len(told.sha256), told.input_size) == ("mine", "sam2-hf", shards, 256)


def test_half_precision_stays_half(tmp_path):
    halves = {name: value.half() for name, value in official().items()}
    convert_weights(write_pt(tmp_path / "x.pt", halves), tmp_path / "y.safetensors")
    assert_same(read_tensors(tmp_path / "y.safetensors"), halves)


def test_the_header_says_where_the_weights_come_from(tmp_path):
    source = write_pt(tmp_path / "MedSAM2_latest.pt")
    told = convert_weights(source, tmp_path / "y.safetensors", licence="Apache-2.0", origin="bowang-lab")
    header = read_header(tmp_path / "y.safetensors")
    assert {key: header[key] for key in ("origin", "licence", "input_size", "layout")} == {
        "origin": "bowang-lab",
        "licence": "Apache-2.0",
        "input_size": 512,
        "layout": "sam2",
    }
    assert header["sha256"] == {source.name: hashlib.sha256(source.read_bytes()).hexdigest()} == told.sha256
    assert header["normalisation"] == {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    assert header["fresh"] == []


def test_what_is_not_said_is_not_made_up_and_no_folder_is_named(tmp_path):
    told = convert_weights(write_pt(tmp_path / "x.pt"), tmp_path / "y.safetensors")
    assert (told.licence, told.origin) == (UNSTATED, "x.pt")
    with safe_open(tmp_path / "y.safetensors", "pt") as file:
        assert str(tmp_path) not in str(file.metadata())


def test_the_new_file_loads_as_the_old_one_did(tmp_path):
    source = write_pt(tmp_path / "x.pt")
    convert_weights(source, tmp_path / "y.safetensors", size=128)
    before, after = load(source, size=128), load(tmp_path / "y.safetensors")
    assert before.spec == after.spec
    assert_same(after.state_dict(), before.state_dict())


def test_converting_twice_writes_the_same_bytes(tmp_path):
    source = write_pt(tmp_path / "x.pt")
    for name in "yz":
        convert_weights(source, tmp_path / f"{name}.safetensors")
    assert (tmp_path / "y.safetensors").read_bytes() == (tmp_path / "z.safetensors").read_bytes()


@pytest.mark.filterwarnings("ignore:.*taken in part")
def test_what_was_missing_is_named_in_the_header(tmp_path):
    state = official()
    del state["mask_downsample.weight"]
    source = write_pt(tmp_path / "x.pt", {**state, "criterion.weight": torch.ones(1)})
    with pytest.raises(WeightsError, match="1 missing"):
        convert_weights(source, tmp_path / "y.safetensors")
    assert not (tmp_path / "y.safetensors").exists()
    told = convert_weights(source, tmp_path / "y.safetensors", partial=True)
    assert told.fresh == ("mask_downsample.weight",)
    assert read_tensors(tmp_path / "y.safetensors").keys() == official().keys()


def test_a_target_of_another_kind_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"written as \.safetensors"):
        convert_weights(write_pt(tmp_path / "x.pt"), tmp_path / "y.pt")


def test_a_source_is_not_written_over(tmp_path):
    folder = write_hf(tmp_path / "mine")
    with pytest.raises(UsageError, match="is the source itself"):
        convert_weights(folder, folder / "model.safetensors")


def test_an_earlier_file_is_kept_where_that_is_asked(tmp_path):
    (tmp_path / "y.safetensors").write_text("mine")
    with pytest.raises(UsageError, match="exists"):
        convert_weights(write_pt(tmp_path / "x.pt"), tmp_path / "y.safetensors", overwrite=False)
    assert (tmp_path / "y.safetensors").read_text() == "mine"


def test_a_file_of_ours_needs_no_converting(tmp_path):
    convert_weights(write_pt(tmp_path / "x.pt"), tmp_path / "y.safetensors")
    with pytest.raises(UsageError, match="of segmem already"):
        convert_weights(tmp_path / "y.safetensors", tmp_path / "z.safetensors")


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        convert_weights(write_pt(tmp_path / "x.pt"), tmp_path / "x.pt" / "y.safetensors")


def test_the_map_alone_gives_the_same_names(tmp_path):
    told = convert_weights(write_hf(tmp_path / "mine"), tmp_path / "y.safetensors")
    assert told.layout == "sam2-hf"
    source = read_tensors(tmp_path / "mine" / "model.safetensors")
    assert_same(to_official(source), read_tensors(tmp_path / "y.safetensors"))
