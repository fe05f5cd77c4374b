import json

from footage import write_picture
from labelled import square, write_mask
from segmem.doctor.run import run


def test_a_visit_tells_what_was_found_and_what_was_mended(tmp_path):
    path = write_mask(tmp_path / "a_mask.png", square(255))
    visit = run(path, fix=True, out=tmp_path / "out")
    assert "WARNING  label-255" in visit.text()
    assert "fixed: a_mask.png: 255 became 1 (768 pixels)" in visit.text()
    assert str(tmp_path / "out" / "a_mask.png") in visit.text()


def test_for_machines_it_is_one_json_object(tmp_path):
    found = json.loads(run(write_picture(tmp_path / "a.png")).json_text())
    assert (found["kind"], found["worst"], found["findings"], found["mended"]) == ("a picture", "ok", [], [])


def test_nothing_is_written_unless_asked(tmp_path):
    path = write_mask(tmp_path / "a_mask.png", square(255))
    run(path)
    assert [one.name for one in tmp_path.iterdir()] == ["a_mask.png"]
