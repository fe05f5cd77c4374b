import torch

from segmem.doctor import run_folder
from segmem.io.tensors import write_tensors
from segmem.manifest import NAME, CaseRecord, Failure, Manifest, Timings
from shelf import write_scan_model
from sick import codes, of

RECORD = Manifest(
    finished=True,
    versions={},
    command=("segmem",),
    model="m",
    weights_sha256="ab",
    classes=("background", "liver"),
    device="cpu",
    precision="float32",
    threads=1,
    cases=(CaseRecord(input="s.nii", kind="volume", frames=2, size=(3, 4), output="s.nii.gz", seconds=1.0),),
    timings=Timings(total_s=1.0, frames_per_s=2.0, seconds={}, share={}),
)


def begun(root, checkpoints=1):
    (root / "checkpoints").mkdir()
    (root / "settings.yaml").write_text("seed: 1\n")
    for step in range(checkpoints):
        write_tensors(
            root / "checkpoints" / f"step-{step:08d}.safetensors",
            {"model.x": torch.ones(2)},
            {"training": {"total": step}},
        )


def test_a_whole_training_run_gives_no_finding(tmp_path):
    begun(tmp_path)
    write_scan_model(tmp_path).rename(tmp_path / "model.safetensors")
    assert run_folder.is_training(tmp_path)
    facts, found = run_folder.of_training(tmp_path)
    assert (facts["checkpoints"], facts["method"], found) == (1, "tmam", [])


def test_a_run_without_its_model_was_interrupted(tmp_path):
    begun(tmp_path, checkpoints=2)
    assert "2 checkpoints" in of(run_folder.of_training(tmp_path).findings, "run-unfinished").what


def test_a_checkpoint_cut_short_is_a_fault(tmp_path):
    begun(tmp_path)
    path = next((tmp_path / "checkpoints").iterdir())
    path.write_bytes(path.read_bytes()[:20])
    found = of(run_folder.of_training(tmp_path).findings, "weights-unreadable")
    assert found.where == f"checkpoints/{path.name}"


def test_predictions_that_are_whole_give_no_finding(tmp_path):
    RECORD.write(tmp_path / NAME)
    assert run_folder.is_prediction(tmp_path)
    facts, found = run_folder.of_prediction(tmp_path)
    assert (facts["model"], facts["cases"], found) == ("m", 1, [])


def test_what_failed_in_a_prediction_is_named(tmp_path):
    failed = RECORD.model_copy(update={"failures": (Failure(input="t.nii", error="t.nii is odd."),)})
    failed.write(tmp_path / NAME)
    assert of(run_folder.of_prediction(tmp_path).findings, "run-failures").where == "t.nii"


def test_a_manifest_of_another_program_is_told(tmp_path):
    (tmp_path / NAME).write_text("{}")
    assert codes(run_folder.of_prediction(tmp_path).findings) == {"run-bad-manifest"}
