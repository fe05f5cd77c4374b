from pathlib import Path

import av
import numpy as np
import pytest
import torch

from segmem.core.errors import OutputError
from segmem.io.overlay import OverlayVideo


def frame(height: int, width: int, value: int) -> torch.Tensor:
    return torch.from_numpy(np.full((height, width, 3), value, np.uint8)).permute(2, 0, 1)


@pytest.mark.parametrize("available", [True, False])
def test_the_video_holds_every_frame_at_an_even_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, available: bool
) -> None:
    if not available:
        monkeypatch.setattr(av, "codecs_available", av.codecs_available - {"libx264"})
    with OverlayVideo(tmp_path / "o.mp4", (33, 47), 12.5) as video:
        for value in (0, 100, 200):
            video.write(frame(33, 47, value), torch.zeros(33, 47, dtype=torch.uint8))
    with av.open(str(tmp_path / "o.mp4")) as container:
        stream = container.streams.video[0]
        means = [float(f.to_ndarray(format="rgb24").mean()) for f in container.decode(stream)]
        assert (stream.height, stream.width, stream.pix_fmt, float(stream.average_rate)) == (
            34,
            48,
            "yuv420p",
            12.5,
        )
        assert (stream.codec_context.name == "mpeg4") != available
    assert means == pytest.approx([0, 100, 200], abs=6)


def test_labels_are_drawn(tmp_path: Path) -> None:
    labels = torch.zeros(32, 48, dtype=torch.uint8)
    labels[:, 24:] = 4
    with OverlayVideo(tmp_path / "o.mp4", (32, 48), None) as video:
        video.write(frame(32, 48, 0), labels)
    with av.open(str(tmp_path / "o.mp4")) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert picture[:, 34:, :2].min() > 60
    assert picture[:, :14].max() < 25


def test_the_file_is_finished_where_the_block_fails(tmp_path: Path) -> None:
    video = OverlayVideo(tmp_path / "o.mp4", (32, 48), 25.0)
    with pytest.raises(KeyboardInterrupt), video:
        video.write(frame(32, 48, 9), torch.zeros(32, 48, dtype=torch.uint8))
        raise KeyboardInterrupt
    video.close()
    with av.open(str(tmp_path / "o.mp4")) as container:
        assert len(list(container.decode(video=0))) == 1


def test_a_finished_video_takes_no_more(tmp_path: Path) -> None:
    with OverlayVideo(tmp_path / "o.mp4", (32, 48), 25.0) as video:
        video.write(frame(32, 48, 9), torch.zeros(32, 48, dtype=torch.uint8))
    with pytest.raises(ValueError, match="finished"):
        video.write(frame(32, 48, 9), torch.zeros(32, 48, dtype=torch.uint8))


def test_a_path_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be created"):
        OverlayVideo(tmp_path / "gone" / "o.mp4", (32, 48), 25.0)
    with pytest.raises(OutputError, match="suffix"):
        OverlayVideo(tmp_path / "o.xyz", (32, 48), 25.0)


def test_a_video_of_no_frames_is_closed_in_peace(tmp_path: Path) -> None:
    with OverlayVideo(tmp_path / "o.mp4", (32, 48), 25.0):
        pass
    assert (tmp_path / "o.mp4").exists()
