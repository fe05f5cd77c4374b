import pytest

from footage import write_picture, write_scan, write_video
from segmem import catalogue
from segmem.core.errors import FormatError, InputError, OutputError, UnknownModelError, UsageError
from segmem.predict import cohort, job
from segmem.predict.prompting import ask
from segmem.predict.request import Request
from segmem.predict.run import run
from segmem.predict.watch import Watch


@pytest.fixture
def nothing_slow(monkeypatch):
    """No model may be loaded."""
    monkeypatch.setattr(job, "prepare", lambda *_: pytest.fail("a model was loaded"))
    monkeypatch.setattr(cohort, "Cohort", lambda *_: pytest.fail("a case was begun"))


def test_a_video_is_segmented_by_the_model_that_is_named(video_weights, tmp_path):
    source = write_video(tmp_path / "v.mkv", 3)
    request = Request(source=str(source), out=tmp_path / "out", model=str(video_weights), device="cpu")
    record = run(request, Watch())
    assert record.finished
    assert record.cases[0].frames == 3
    assert (tmp_path / "out" / "labels" / "00002.png").exists()


@pytest.mark.usefixtures("nothing_slow")
class TestRefusedAtOnce:
    def test_a_missing_input(self, tmp_path):
        with pytest.raises(InputError, match="does not exist"):
            run(Request(source=str(tmp_path / "v.mp4"), out=tmp_path / "out"), Watch())

    def test_an_unknown_model(self, tmp_path):
        source = str(write_picture(tmp_path / "i.png"))
        with pytest.raises(UnknownModelError, match="'tmam-endovis'"):
            run(Request(source=source, out=tmp_path / "out", model="tmam-endovis"), Watch())

    def test_a_file_that_is_no_video(self, tmp_path, monkeypatch):
        monkeypatch.setattr(catalogue, "choose", lambda *_: "any")
        (tmp_path / "v.mp4").write_text("notes")
        with pytest.raises(FormatError):
            run(Request(source=str(tmp_path / "v.mp4"), out=tmp_path / "out"), Watch())

    def test_a_scan_without_a_model(self, tmp_path):
        source = str(write_scan(tmp_path / "s.nii.gz"))
        with pytest.raises(UsageError, match="-m"):
            run(Request(source=source, out=tmp_path / "out"), Watch())

    def test_an_output_that_cannot_be_written(self, tmp_path, monkeypatch):
        monkeypatch.setattr(catalogue, "choose", lambda *_: "any")
        (tmp_path / "file").write_text("")
        source = str(write_picture(tmp_path / "i.png"))
        with pytest.raises(OutputError):
            run(Request(source=source, out=tmp_path / "file" / "out"), Watch())

    def test_an_output_that_is_there_already(self, tmp_path, monkeypatch):
        monkeypatch.setattr(catalogue, "choose", lambda *_: "any")
        source = str(write_picture(tmp_path / "i.png"))
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "i.png").write_text("")
        with pytest.raises(OutputError, match="--no-overwrite"):
            run(Request(source=source, out=tmp_path / "out", overwrite=False), Watch())

    def test_prompts_for_several_cases(self, tmp_path):
        for name in ("a.png", "b.png"):
            write_picture(tmp_path / name)
        request = Request(source=str(tmp_path), out=tmp_path / "out", as_="cases", asked=ask(["1,1,9,9"]))
        with pytest.raises(UsageError, match="holds 2 cases, and prompts speak of one"):
            run(request, Watch())

    @pytest.mark.parametrize("option", [{"direction": "both"}, {"show_prompts": "p.png"}])
    def test_what_is_about_prompts_without_a_prompt(self, tmp_path, option):
        source = str(write_picture(tmp_path / "i.png"))
        with pytest.raises(UsageError, match="is about prompts, and there is none"):
            run(Request(source=source, out=tmp_path / "out", **option), Watch())

    @pytest.mark.parametrize("option", [{"direction": "backward"}, {"show_prompts": "p.png"}])
    def test_a_camera_that_should_be_seen_twice(self, tmp_path, option):
        request = Request(source="0", out=tmp_path / "out", asked=ask(["1,1,9,9"]), **option)
        with pytest.raises(UsageError, match="A camera is seen once and forward"):
            run(request, Watch())
