import json

import numpy as np
import pytest
import torch

from footage import pictures, write_picture
from nano import nano_sam2, nano_samed2
from segmem.core import Prompt
from segmem.core.errors import UsageError, WeightsError
from segmem.memory.bank_file import read_bank, write_bank
from segmem.methods.load import load, save
from segmem.predict.bank_session import BankSession
from segmem.predict.prompting import ask
from segmem.predict.request import Request
from segmem.predict.run import run
from segmem.predict.sam2_api import VideoPredictor
from segmem.predict.segment import segment
from segmem.predict.stream import stream
from segmem.predict.watch import Watch

EXACT = {"precision": "float32"}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("shelf") / "nano-samed2.safetensors"
    save(nano_samed2(), path)
    return path


def predict(folder, weights, name="i.png", seed=0, **changes):
    """Segment one picture with a box; its labels' bytes."""
    torch.manual_seed(seed)
    source = folder / name
    if not source.exists():
        write_picture(source)
    asked = ask(["10,10,60,50"], (), (), None, None, False)
    request = Request(
        source=str(source),
        out=folder / "out.png",
        model=str(weights),
        device="cpu",
        precision="float32",
        asked=asked,
        **changes,
    )
    record = run(request, Watch())
    return record, (folder / "out.png").read_bytes()


def test_a_run_begins_a_bank_and_the_next_one_reads_it(weights, tmp_path):
    bank = tmp_path / "bank.safetensors"
    predict(tmp_path, weights, update_bank=bank, bank_task="spleen")
    made = read_bank(bank)
    (record,) = made.records
    assert (record.task, record.modality, record.class_name) == ("spleen", "image", "object")
    assert len(record.case) == 16
    assert record.confidence > 0
    assert made.encoder.name == "nano-samed2.safetensors"
    before = bank.read_bytes()
    predict(tmp_path, weights, bank=bank, explain=True)
    assert bank.read_bytes() == before
    (frame,) = json.loads((tmp_path / "out.explain.json").read_text())["frames"]
    (entry,) = frame["entries"]
    assert (entry["entry"], entry["task"], entry["attention"]) == (0, "spleen", 1.0)
    assert 0.5 < entry["score"] <= 1


def test_entries_are_added_to_those_that_were_there(weights, tmp_path):
    bank, more = tmp_path / "bank.safetensors", tmp_path / "more.safetensors"
    predict(tmp_path, weights, update_bank=bank)
    predict(tmp_path, weights, name="j.png", bank=bank, update_bank=more)
    assert len(read_bank(bank).records) == 1
    cases = [record.case for record in read_bank(more).records]
    assert len(set(cases)) == 2


def test_an_empty_bank_is_said_to_say_nothing(weights, tmp_path):
    bank = tmp_path / "bank.safetensors"
    session = BankSession.begin(nano_samed2(), "x", None, bank)
    session.save()
    assert read_bank(bank).records == ()
    assert BankSession.begin(nano_samed2(), "x", bank, None).empty
    predict(tmp_path, weights, update_bank=bank)
    made = read_bank(bank)
    write_bank(bank, made.only([]))
    record, _ = predict(tmp_path, weights, bank=bank)
    assert any("holds no entry" in text for text in record.warnings)


def test_a_bank_of_another_encoder_is_refused_before_anything_is_written(weights, tmp_path):
    bank = tmp_path / "bank.safetensors"
    predict(tmp_path, weights, update_bank=bank)
    made = read_bank(bank)
    other = made.encoder.model_copy(update={"sha256": "0" * 64})
    write_bank(bank, type(made)(made.bank, made.records, other))
    (tmp_path / "out.png").unlink()
    with pytest.raises(WeightsError, match="entries of another encoder"):
        predict(tmp_path, weights, bank=bank)
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"explain": True}, "Give it with --bank"),
        ({"bank_task": "x"}, "Give that too"),
        ({"update_bank": "b.pkl"}, "a bank is a .safetensors file"),
    ],
)
def test_what_makes_no_sense_together_is_refused(weights, tmp_path, changes, told):
    with pytest.raises(UsageError, match=told):
        predict(tmp_path, weights, **changes)


def test_python_reads_a_bank_as_the_command_does(weights, tmp_path):
    from PIL import Image

    bank, box = tmp_path / "bank.safetensors", [Prompt(box=(10, 10, 60, 50))]
    predict(tmp_path, weights, update_bank=bank)
    predict(tmp_path, weights, name="other.png", bank=bank)
    written = torch.from_numpy(np.array(Image.open(tmp_path / "out.png")))
    model = load(weights)
    assert torch.equal(segment(model, tmp_path / "other.png", box, bank=bank, **EXACT).frames[0], written)
    frame = np.array(Image.open(tmp_path / "other.png"))
    ((told, _),) = stream(model, [frame], box, bank=bank, **EXACT)
    ((alone, _),) = stream(model, [frame], box, **EXACT)
    assert torch.equal(told.labels[0], written)
    assert not torch.equal(told.logits, alone.logits)


def test_every_frame_that_is_tracked_reads_the_bank(weights, tmp_path):
    bank = tmp_path / "bank.safetensors"
    predict(tmp_path, weights, update_bank=bank)
    model, frames, box = load(weights), pictures(4), [Prompt(0, 1, box=(10, 10, 60, 50))]
    tracked = []
    for read in (bank, None):
        predictor = VideoPredictor(model, read, **EXACT)
        clip = predictor.init_state(frames)
        predictor.add_new_points_or_box(clip, 0, 1, box=box[0].box)
        tracked.append([logits[0] for _, _, logits in predictor.propagate_in_video(clip)])
    streamed = [prediction.logits[:, 1] for prediction, _ in stream(model, frames, box, bank=bank, **EXACT)]
    for told, alone, expected in zip(*tracked, streamed, strict=True):
        assert torch.allclose(told, expected, atol=1e-4)
        assert not torch.allclose(told, alone, atol=1e-4)


@pytest.mark.parametrize(
    "taken",
    [
        lambda bank: segment(nano_sam2(), torch.zeros(1, 3, 64, 64), bank=bank),
        lambda bank: VideoPredictor(nano_sam2(), bank),
    ],
)
def test_a_bank_for_a_model_that_reads_none_is_refused_in_python(taken, tmp_path):
    with pytest.raises(UsageError, match="has no memory of other cases, so it takes no bank"):
        taken(tmp_path / "bank.safetensors")
