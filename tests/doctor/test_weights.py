import pickle
from pathlib import Path

import pytest
import torch

from checkpoints import official, write_hf, write_pt
from segmem.doctor.weights import examine
from segmem.io.tensors import write_tensors
from shelf import write_scan_model
from sick import codes, of


class Trap:
    """Touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_model_of_ours_is_named_and_gives_no_finding(tmp_path):
    path = write_scan_model(tmp_path)
    facts, found = examine(path, path.name)
    assert found == []
    assert facts["method"] == "tmam"
    assert facts["input"] == "volume"


def test_a_sam2_checkpoint_is_known_and_its_pickle_noted(tmp_path):
    facts, found = examine(write_pt(tmp_path / "s.pt"), "s.pt")
    assert codes(found) == {"weights-pickled"}
    assert facts["method"] == "sam2"


def test_a_model_in_several_files_is_read_by_its_list(tmp_path):
    folder = write_hf(tmp_path / "m", shards=2)
    facts, found = examine(folder / "model.safetensors.index.json", "index")
    assert (facts["method"], found) == ("sam2", [])


@pytest.mark.parametrize("bare", [True, False])
def test_code_in_a_file_is_never_run(tmp_path, bare):
    mark = tmp_path / "ran"
    path = tmp_path / "evil.pt"
    if bare:
        path.write_bytes(pickle.dumps(Trap(mark)))
    else:
        torch.save({"model": Trap(mark)}, path)
    assert codes(examine(path, "evil.pt").findings) == {"weights-run-code"}
    assert not mark.exists()


def test_a_web_page_or_a_file_cut_short_is_no_weights(tmp_path):
    page = tmp_path / "page.pt"
    page.write_text("<!DOCTYPE html><html>sign in</html>")
    assert "web page" in of(examine(page, "p").findings, "weights-unreadable").what
    cut = write_pt(tmp_path / "cut.pt")
    cut.write_bytes(cut.read_bytes()[:5000])
    assert codes(examine(cut, "c").findings) == {"weights-unreadable"}
    (tmp_path / "none.safetensors").write_bytes(b"")
    assert codes(examine(tmp_path / "none.safetensors", "n").findings) == {"file-empty"}


def test_tensors_of_no_known_network_are_a_misfit(tmp_path):
    write_tensors(tmp_path / "a.safetensors", {"layer.weight": torch.ones(2)}, {})
    assert codes(examine(tmp_path / "a.safetensors", "a").findings) == {"weights-misfit"}


def test_weights_without_a_part_are_a_misfit_that_names_it(tmp_path):
    state = {name: value for name, value in official().items() if not name.startswith("memory_encoder")}
    found = of(examine(write_pt(tmp_path / "s.pt", state), "s").findings, "weights-misfit")
    assert "memory_encoder" in found.what


def test_weights_that_are_no_numbers_are_a_fault(tmp_path):
    state = official()
    state["maskmem_tpos_enc"][0] = torch.nan
    assert "weights-not-finite" in codes(examine(write_pt(tmp_path / "s.pt", state), "s").findings)


def test_the_memory_of_an_interrupted_run_is_known(tmp_path):
    write_tensors(tmp_path / "state.safetensors", {"bank.tokens": torch.ones(2)}, {"mark": {"a": "b"}})
    facts, found = examine(tmp_path / "state.safetensors", "s")
    assert codes(found) == {"memory-of-a-patient"}
    assert "interrupted" in facts["model"]


def test_a_checkpoint_of_a_training_is_known(tmp_path):
    write_tensors(tmp_path / "step-1.safetensors", {"model.x": torch.ones(2)}, {"training": {"step": 1}})
    facts, found = examine(tmp_path / "step-1.safetensors", "s")
    assert (found, "resume" in facts["model"]) == ([], True)
