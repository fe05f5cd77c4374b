import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from segmem.core.errors import FormatError
from segmem.io.checkpoint import read_checkpoint
from segmem.io.tensors import write_tensors


class Canary:
    """Unpickling one makes a file: proof that code ran."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def state():
    generator = torch.Generator().manual_seed(0)
    return {
        "a.weight": torch.randn(3, 4, generator=generator),
        "a.bias": torch.randn(3, generator=generator).to(torch.bfloat16),
        "counter": torch.tensor(7),
    }


def assert_same(found, expected):
    assert list(found) == list(expected)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert all(found[name].dtype == expected[name].dtype for name in expected)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".PT"])
@pytest.mark.parametrize("zipped", [True, False])
def test_what_torch_saved_comes_back(tmp_path, suffix, zipped):
    torch.save(state(), tmp_path / f"x{suffix}", _use_new_zipfile_serialization=zipped)
    assert_same(read_checkpoint(tmp_path / f"x{suffix}"), state())


def test_safetensors_of_any_program_come_back(tmp_path):
    write_tensors(tmp_path / "x.safetensors", state(), {})
    assert read_checkpoint(tmp_path / "x.safetensors").keys() == state().keys()


@pytest.mark.parametrize("room", ["model", "state_dict", "model_state_dict", "module"])
def test_of_a_trainers_file_only_the_network_is_taken(tmp_path, room):
    optimiser = {"state": {0: {"exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 0.1}]}
    torch.save({room: state(), "optimizer": optimiser, "epoch": 3, "ema": torch.ones(1)}, tmp_path / "x.pt")
    assert_same(read_checkpoint(tmp_path / "x.pt"), state())


@pytest.mark.parametrize("wrapper", ["module.", "_orig_mod.", "model.", "module._orig_mod.", "model.module."])
def test_what_wrappers_put_before_every_name_is_dropped(tmp_path, wrapper):
    torch.save({"model": {wrapper + name: value for name, value in state().items()}}, tmp_path / "x.pt")
    assert_same(read_checkpoint(tmp_path / "x.pt"), state())


def test_a_part_that_was_compiled_alone_gets_its_own_name(tmp_path):
    torch.save({"encoder._orig_mod.weight": torch.ones(1), "head.bias": torch.ones(1)}, tmp_path / "x.pt")
    assert set(read_checkpoint(tmp_path / "x.pt")) == {"encoder.weight", "head.bias"}


def test_a_prefix_of_some_names_only_stays(tmp_path):
    torch.save({"model.weight": torch.ones(1), "head.bias": torch.ones(1)}, tmp_path / "x.pt")
    assert set(read_checkpoint(tmp_path / "x.pt")) == {"model.weight", "head.bias"}


def test_parameters_come_back_as_tensors_without_gradients(tmp_path):
    torch.save({"a": torch.nn.Parameter(torch.ones(2))}, tmp_path / "x.pt")
    assert not read_checkpoint(tmp_path / "x.pt")["a"].requires_grad


def bytes_of(content, zipped=True):
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def archive(compression=zipfile.ZIP_STORED, **members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as made:
        for name, content in members.items():
            made.writestr(f"x/{name.replace('_', '.')}", content)
    return file.getvalue()


BIG = {"a": torch.zeros(5000)}
BAD = {
    "nothing": (b"", "the file is empty"),
    "html": (b"\n<!DOCTYPE html><html><body>404", "a text or web page, not weights"),
    "html without doctype": (b"<HTML>", "a text or web page, not weights"),
    "json": (b'{"error": "Invalid credentials"}', "a text or web page, not weights"),
    "lfs pointer": (b"version https://git-lfs.github.com/spec/v1\n", "a text or web page, not weights"),
    "other bytes": (b"\x00\x01\x02\x03" * 9, "not a file of torch.save"),
    "cut zip": (bytes_of(BIG)[:9000], r"cut short or damaged"),
    "only the head of a zip": (bytes_of(BIG)[:30], r"cut short or damaged"),
    "cut old": (bytes_of(BIG, zipped=False)[:-500], r"cut short or damaged \(unexpected EOF"),
    "head of old": (bytes_of(BIG, zipped=False)[:90], "cut short or damaged"),
    "pickle": (pickle.dumps({"a": 1}), "a Python pickle, not a file of torch.save"),
    "another zip": (archive(readme_txt="hello"), "not one of torch.save"),
    "torchscript": (archive(data_pkl=b"", constants_pkl=b""), "a TorchScript archive"),
    "bomb": (archive(zipfile.ZIP_DEFLATED, data_pkl=b"\0" * 10**6), "a compressed archive"),
    "no tensors": (bytes_of({"epoch": 3, "model": {"lr": 0.1}}), "holds no tensors"),
    "a number": (bytes_of(3), "holds no tensors"),
    "numpy": (bytes_of({"a": torch.ones(1), "best": np.float64(1)}), "multiarray.scalar' would have to run"),
    "whole module": (bytes_of({"model": torch.nn.Linear(2, 2)}), "Linear' would have to run"),
    "sparse": (bytes_of({"a": torch.ones(3).to_sparse()}), "a is not a plain tensor"),
    "claims to be large": (bytes_of({"a": torch.ones(1).expand(10**12)}), "a is not a plain tensor"),
    "meta": (bytes_of({"a": torch.ones(3, device="meta")}), "a is not a plain tensor"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_whole_checkpoint_is_refused_in_one_line(tmp_path, name):
    content, told = BAD[name]
    path = tmp_path / "x.pt"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=told) as caught:
        read_checkpoint(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(FormatError, match="cannot be read"):
        read_checkpoint(tmp_path / "none.pt")


def test_a_real_torchscript_archive_is_refused(tmp_path):
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), tmp_path / "x.pt")
    with pytest.raises(FormatError, match="TorchScript"):
        read_checkpoint(tmp_path / "x.pt")


@pytest.mark.parametrize("where", ["zipped", "legacy", "pickle", "beside tensors", "in a trainer's file"])
def test_code_in_a_checkpoint_never_runs(tmp_path, where):
    canary = Canary(tmp_path / "canary")
    path = tmp_path / "x.pt"
    path.write_bytes(
        {
            "zipped": lambda: bytes_of({"a": canary}),
            "legacy": lambda: bytes_of({"a": canary}, zipped=False),
            "pickle": lambda: pickle.dumps(canary),
            "beside tensors": lambda: bytes_of({**state(), "z": canary}),
            "in a trainer's file": lambda: bytes_of({"model": state(), "args": canary}),
        }[where]()
    )
    with pytest.raises(FormatError, match=r"mkdir' would have to run|can run code") as caught:
        read_checkpoint(path)
    assert "\n" not in str(caught.value)
    assert not canary.path.exists()
    pickle.loads(pickle.dumps(canary))  # noqa: S301 (the canary is alive)
    assert canary.path.exists()
