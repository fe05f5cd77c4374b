import json
import sys

import pytest
import torch

from segmem.core.errors import FormatError, MissingExtraError, UnknownModelError
from segmem.io.hub import (
    INDEX,
    download,
    files_of,
    id_of,
    looks_like_id,
    read_config,
    read_weights,
    weights_in,
)
from segmem.io.tensors import write_tensors


@pytest.fixture
def folder(tmp_path):
    """Two tensors in two files."""
    for name in "ab":
        write_tensors(tmp_path / f"{name}.safetensors", {name: torch.full((2,), float(ord(name)))}, {})
    index(tmp_path, {"a": "a.safetensors", "b": "b.safetensors"})
    return tmp_path


def index(folder, weight_map):
    (folder / f"model.safetensors{INDEX}").write_text(json.dumps({"weight_map": weight_map}))


def test_the_files_of_an_index_are_read_as_one(folder):
    path = weights_in(folder)
    assert path is not None
    assert [file.name for file in files_of(path)] == ["a.safetensors", "b.safetensors"]
    assert {name: value.tolist() for name, value in read_weights(path).items()} == {
        "a": [97, 97],
        "b": [98, 98],
    }


def test_one_file_goes_before_a_list_of_files(folder):
    write_tensors(folder / "model.safetensors", {"c": torch.ones(1)}, {})
    assert weights_in(folder) == folder / "model.safetensors"
    assert files_of(folder / "model.safetensors") == (folder / "model.safetensors",)


def test_a_folder_without_weights_has_none(tmp_path):
    assert weights_in(tmp_path) is None
    assert weights_in(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("weight_map", "told"),
    [
        ({"a": "../a.safetensors"}, "no safetensors file of its folder"),
        ({"a": "/etc/passwd"}, "no safetensors file of its folder"),
        ({"a": "a.bin"}, "no safetensors file of its folder"),
        ({"a": "c.safetensors"}, "lists c.safetensors, which is missing"),
        ({}, "lists no tensors"),
        (3, "lists no tensors"),
    ],
)
def test_an_index_may_name_only_files_that_lie_beside_it(folder, weight_map, told):
    index(folder, weight_map)
    with pytest.raises(FormatError, match=told):
        files_of(folder / f"model.safetensors{INDEX}")


def test_a_tensor_in_two_files_is_refused(folder):
    write_tensors(folder / "b.safetensors", {"a": torch.ones(1)}, {})
    with pytest.raises(FormatError, match="a is in two files"):
        read_weights(folder / f"model.safetensors{INDEX}")


def test_a_config_is_read_and_may_be_absent(tmp_path):
    assert read_config(tmp_path) == {}
    (tmp_path / "config.json").write_text('{"image_size": 512}')
    assert read_config(tmp_path) == {"image_size": 512}


@pytest.mark.parametrize("text", ["[1]", "{", "", "[" * 100_000, "\x80"])
def test_a_config_that_is_no_object_is_refused(tmp_path, text):
    (tmp_path / "config.json").write_text(text, encoding="latin-1")
    with pytest.raises(FormatError, match="JSON"):
        read_config(tmp_path)


def test_an_id_is_two_words_that_are_no_place_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    assert looks_like_id("facebook/sam2.1-hiera-tiny")
    assert not any(
        map(looks_like_id, ["runs/mine", "sam2", "a/b/c", "../b", "/a/b", "./b", "a/", "~/x", "https://a/b"])
    )


def test_a_folder_of_the_hubs_store_is_known_by_its_id(tmp_path):
    assert id_of(tmp_path / "models--facebook--sam2.1-hiera-tiny" / "snapshots" / "f3a9") == (
        "facebook/sam2.1-hiera-tiny"
    )
    assert id_of(tmp_path / "mine") == "mine"


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtraError, match=r"segmem\[hub\]"):
        download("facebook/sam2.1-hiera-tiny")


class Hub:
    """In the place of huggingface_hub."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = None

    def snapshot_download(self, name, allow_patterns):
        self.asked = (name, allow_patterns)
        if isinstance(self.answer, Exception):
            raise self.answer
        return str(self.answer)


def test_only_the_config_and_safetensors_are_fetched(folder, monkeypatch):
    hub = Hub(folder)
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    assert download("facebook/sam2.1-hiera-tiny") == folder
    assert hub.asked == (
        "facebook/sam2.1-hiera-tiny",
        ["config.json", "*.safetensors", "*.safetensors.index.json"],
    )


@pytest.mark.parametrize("error", [OSError("no route\nto host"), ValueError("bad id"), OSError()])
def test_what_the_hub_refuses_is_told_in_one_line(monkeypatch, error):
    monkeypatch.setitem(sys.modules, "huggingface_hub", Hub(error))
    with pytest.raises(UnknownModelError, match="not to be had from Hugging Face") as caught:
        download("nobody/nothing")
    assert "\n" not in str(caught.value)


def test_a_model_without_safetensors_is_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", Hub(tmp_path))
    with pytest.raises(UnknownModelError, match=r"has no model.safetensors on Hugging Face"):
        download("wanglab/MedSAM2")
