"""`segmem predict` of a stream of the network, sent from this machine to itself."""

import csv
import io
import json
import socket
from threading import Thread

import av
import pytest

from footage import pictures


@pytest.fixture
def camera():
    """The address of a stream of 12 pictures; whoever connects a second time is turned away."""
    file = io.BytesIO()
    with av.open(file, "w", format="mpegts") as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.height, stream.width, stream.pix_fmt = 64, 96, "yuv420p"
        for picture in pictures(12, (64, 96)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = server.accept()
        server.close()
        with connection:
            connection.sendall(file.getvalue())

    thread = Thread(target=serve, daemon=True)
    thread.start()
    yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
    server.close()
    thread.join(5)


def test_what_was_seen_of_a_stream_is_kept_when_it_ends(segmem, video_weights, camera, tmp_path):
    ran = segmem("predict", "-i", camera, "-o", "out", "-m", video_weights, "--patience", "0.5", "--json")
    assert ran.code == 3
    assert "no picture for 0.5 s" in ran.err + ran.out
    assert "Traceback" not in ran.err
    frames = list(csv.reader((tmp_path / "out" / "frames.csv").read_text().splitlines()))[1:]
    labels = sorted((tmp_path / "out" / "labels").iterdir())
    assert len({row[0] for row in frames}) == len(labels) >= 1
    told = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert told["cases"][0]["frames"] == len(labels)


def test_a_stream_that_nobody_sends(segmem, video_weights):
    ran = segmem("predict", "-i", "rtsp://me:secret@127.0.0.1:9/or2", "-o", "out", "-m", video_weights)
    assert ran.failed_cleanly(4)
    assert "rtsp://127.0.0.1:9/or2 cannot be opened" in ran.err
    assert "secret" not in ran.err + ran.out
