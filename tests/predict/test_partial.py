import torch

from segmem.predict.partial import STATE, Partial
from segmem.state import State

MARK = {"weights": "abc", "precision": "float32"}


def fill(partial, text):
    (partial.folder / "labels").mkdir()
    (partial.folder / "labels" / "00000.png").write_text(text)
    (partial.folder / "frames.csv").write_text(text)
    (partial.folder / "manifest.json").write_text(text)


def test_nothing_is_seen_before_it_is_whole(tmp_path):
    partial = Partial(tmp_path / "out")
    partial.begin()
    fill(partial, "new")
    assert not (tmp_path / "out").exists()
    partial.finish()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "frames.csv",
        "labels",
        "manifest.json",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_an_earlier_answer_is_replaced_and_a_stranger_s_file_is_not(tmp_path):
    out = tmp_path / "out"
    (out / "labels").mkdir(parents=True)
    (out / "labels" / "00099.png").write_text("old")
    for name in ("overlay.mp4", "manifest.json", "notes.txt"):
        (out / name).write_text("old")
    partial = Partial(out)
    partial.begin()
    fill(partial, "new")
    assert (out / "labels" / "00099.png").exists()
    partial.finish()
    assert [path.name for path in (out / "labels").iterdir()] == ["00000.png"]
    assert (out / "manifest.json").read_text() == "new"
    assert (out / "notes.txt").read_text() == "old"
    assert not (out / "overlay.mp4").exists()
    assert not partial.folder.exists()


def test_a_stream_is_kept_and_found_again(tmp_path):
    partial = Partial(tmp_path / "out")
    partial.begin()
    partial.keep(State(7, None), MARK)
    again = Partial(tmp_path / "out").state(MARK)
    assert again is not None
    assert again.frame == 7


def test_a_stream_of_other_weights_is_not_continued(tmp_path):
    partial = Partial(tmp_path / "out")
    partial.begin()
    partial.keep(State(7, None), MARK)
    assert partial.state({**MARK, "weights": "xyz"}) is None


def test_a_damaged_state_is_not_continued(tmp_path):
    partial = Partial(tmp_path / "out")
    partial.begin()
    (partial.folder / STATE).write_bytes(b"half")
    assert partial.state(MARK) is None


def test_there_is_nothing_to_continue_at_first(tmp_path):
    assert Partial(tmp_path / "out").state(MARK) is None


def test_a_kept_stream_leaves_no_state_in_the_whole_answer(tmp_path):
    partial = Partial(tmp_path / "out")
    partial.begin()
    fill(partial, "new")
    partial.keep(State(1, None), MARK)
    partial.finish()
    assert not (tmp_path / "out" / STATE).exists()


def test_discarding_leaves_nothing(tmp_path):
    partial = Partial(tmp_path / "out")
    partial.begin()
    fill(partial, "new")
    partial.discard()
    assert list(tmp_path.iterdir()) == []


def test_memory_comes_back_bit_for_bit(tmp_path, video_model):
    with torch.inference_mode():
        _, state = video_model.step(torch.rand(1, 3, 64, 64), State.start())
    partial = Partial(tmp_path / "out")
    partial.begin()
    partial.keep(state, MARK)
    again = partial.state(MARK)
    assert again is not None
    assert all(torch.equal(again.tensors()[name], tensor) for name, tensor in state.tensors().items())
