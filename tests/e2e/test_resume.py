"""Ctrl-C keeps what is whole, and `--resume` ends where an unbroken run would have."""

import signal
import time

from command import begin
from footage import write_video


def contents(folder):
    found = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.png")}
    return found | {"csv": (folder / "frames.csv").read_bytes()}


def test_an_interrupted_video_is_continued_to_the_same_bytes(segmem, video_weights, tmp_path):
    write_video(tmp_path / "v.mkv", 200)
    arguments = ("predict", "-i", "v.mkv", "-m", video_weights, "--precision", "float32")
    started = begin(tmp_path, *arguments, "-o", "out")
    labels = tmp_path / ".out.partial" / "labels"
    while started.poll() is None and len(list(labels.glob("*.png"))) < 5:
        time.sleep(0.01)
    started.send_signal(signal.SIGINT)
    _, err = started.communicate()
    assert started.returncode == 5
    assert err.count("\n") == 1
    assert "--resume" in err
    assert not (tmp_path / "out").exists()
    done = len(list(labels.glob("*.png")))
    assert 5 <= done < 200
    assert f"after {done} frames" in err

    assert segmem(*arguments, "-o", "out", "--resume").code == 0
    assert segmem(*arguments, "-o", "whole").code == 0
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert not (tmp_path / ".out.partial").exists()
