import io
import time

import av
import numpy as np
import pytest
import torch

from segmem.core.errors import SurroundingsError
from segmem.io import live
from segmem.io.live import Live


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(live, "PAUSE_S", (0.01,))


def sent(values, size=(48, 64), form="mpegts"):
    """What a camera sends: a grey picture of each value. MPEG-TS tells no length when read from a pipe."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream("mpeg2video" if form == "mpegts" else "mpeg4", rate=25)
        stream.height, stream.width, stream.pix_fmt = *size, "yuv420p"
        stream.gop_size = 1
        for value in values:
            picture = np.full((*size, 3), value, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


class Pipe(io.RawIOBase):
    """Bytes that cannot be sought, as those of a network; each read waits so long."""

    def __init__(self, content, wait=0.0):
        self.content, self.wait = io.BytesIO(content), wait

    def readable(self):
        return True

    def read(self, size=-1):
        time.sleep(self.wait)
        return self.content.read(min(size, 2000) if size > 0 else size)


def connections(*contents, wait=0.0):
    """Opens one stream after another; then nobody answers."""
    left = list(contents)

    def connect():
        if not left:
            raise OSError(111, "Connection refused")
        return av.open(Pipe(left.pop(0), wait), format="mpegts")

    return connect


def means(frames):
    return [round(float(frame.float().mean())) for frame in frames]


def test_pictures_come_in_order_as_bytes():
    source = Live("cam", connections(sent([40, 90, 140, 190]), wait=0.02), patience=0.1)
    assert source.geometry.size == (48, 64)
    assert source.length is None
    frames = list(source)
    assert frames[0].shape == (3, 48, 64)
    assert frames[0].dtype == torch.uint8
    seen = means(frames)
    assert seen == sorted(seen)
    assert len(frames) + source.dropped == 4


def test_a_slow_reader_sees_the_present_and_the_rest_is_counted():
    source = Live("cam", connections(sent(range(20, 220, 4)), wait=0.003), patience=0.1)
    seen = []
    for frame in source:
        seen.append(round(float(frame.float().mean())))
        time.sleep(0.1)
    assert source.dropped > 10
    assert len(seen) + source.dropped == 50
    assert seen[-1] > 200


def test_after_a_gap_it_goes_on_and_after_too_long_a_one_it_ends():
    source = Live("cam", connections(sent([50, 60]), sent([150, 160]), wait=0.02), patience=0.2)
    seen = means(source)
    assert any(value > 140 for value in seen)
    assert source.reconnected == 1
    assert source.damage == "no picture for 0.2 s, after which the stream was given up"


def test_another_size_of_the_same_shape_is_scaled():
    source = Live("cam", connections(sent([50, 60]), sent([150, 160], (96, 128)), wait=0.02), patience=0.1)
    frames = list(source)
    assert {tuple(frame.shape) for frame in frames} == {(3, 48, 64)}
    assert means(frames)[-1] > 140


def test_another_shape_ends_the_stream():
    source = Live("cam", connections(sent([50, 60]), sent([150, 160], (64, 64)), wait=0.02), patience=5.0)
    frames = list(source)
    assert max(means(frames)) < 100
    assert "is 64 x 64, of another shape than the first one's 64 x 48" in source.damage


def test_of_a_stream_that_tells_its_length_nothing_is_left_out():
    whole = sent(range(20, 220, 10), form="avi")
    source = Live("file", lambda: av.open(io.BytesIO(whole)))
    seen = []
    for frame in source:
        seen.append(frame)
        time.sleep(0.01)
    assert (len(seen), source.dropped, source.damage) == (20, 0, None)


def test_a_reader_that_leaves_stops_the_thread():
    import threading

    source = Live("leaver", connections(sent(range(20, 220, 2)), wait=0.01), patience=0.1)
    for _ in source:
        break
    for _ in range(100):
        if not any(thread.name == "live leaver" for thread in threading.enumerate()):
            break
        time.sleep(0.05)
    assert not any(thread.name == "live leaver" for thread in threading.enumerate())


def test_nobody_there_and_nothing_to_see():
    with pytest.raises(SurroundingsError, match=r"cam cannot be opened \(Connection refused\)"):
        Live("cam", connections())
