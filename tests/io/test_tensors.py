import stat
from hashlib import sha256

import pytest
import torch

from segmem.core.errors import FormatError, OutputError
from segmem.io.tensors import digest, read_header, read_tensors, write_tensors


def test_tensors_and_header_come_back(tmp_path):
    tensors = {"a.b": torch.randn(2, 3).to(torch.bfloat16), "c": torch.arange(4)}
    write_tensors(tmp_path / "x.safetensors", tensors, {"spec": {"k": [1, 2]}})
    back = read_tensors(tmp_path / "x.safetensors")
    assert back.keys() == tensors.keys()
    assert all(torch.equal(back[name], tensors[name]) for name in tensors)
    assert read_header(tmp_path / "x.safetensors") == {"spec": {"k": [1, 2]}}


def test_a_written_file_can_be_read_by_others(tmp_path):
    write_tensors(tmp_path / "x.safetensors", {"a": torch.zeros(1)}, {})
    assert (tmp_path / "x.safetensors").stat().st_mode & stat.S_IRGRP


def test_a_view_of_a_larger_tensor_is_written_whole(tmp_path):
    wide = torch.arange(12.0).view(3, 4)
    write_tensors(tmp_path / "x.safetensors", {"column": wide[:, 1]}, {})
    assert read_tensors(tmp_path / "x.safetensors")["column"].tolist() == [1.0, 5.0, 9.0]


def test_a_folder_that_cannot_be_made_is_an_output_error_and_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        write_tensors(tmp_path / "file" / "x.safetensors", {"a": torch.zeros(1)}, {})
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("read", [read_header, read_tensors])
def test_half_a_file_is_refused(tmp_path, read):
    path = tmp_path / "x.safetensors"
    write_tensors(path, {"a": torch.zeros(100)}, {})
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(FormatError, match="not a whole safetensors file"):
        read(path)


def test_the_digest_is_sha256_of_the_bytes(tmp_path):
    (tmp_path / "x").write_bytes(b"segmem" * 1000)
    assert digest(tmp_path / "x") == sha256(b"segmem" * 1000).hexdigest()


@pytest.mark.parametrize("read", [read_header, read_tensors])
def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path, read):
    with pytest.raises(FormatError, match=r"gone.safetensors: no such file"):
        read(tmp_path / "gone.safetensors")
