import numpy as np
import torch

from scans import ball_clip
from segmem.core import Clip, Labels
from segmem.io.palette import PALETTE
from segmem.predict.preview import SIDE, preview

NAMES = {1: "liver"}


def body(affine: np.ndarray | None = None, spot=(1, 1, 1)) -> tuple[Clip, Labels]:
    """12 x 10 x 8 voxels on (R, A, S); a small label at `spot`, on file axes."""
    clip = ball_clip(shape=(12, 10, 8), steps=(1.0, 1.0, 2.0), affine=affine)
    array = np.zeros((12, 10, 8), np.uint8)
    array[tuple(slice(at, at + 2) for at in spot)] = 1
    frames = array.transpose(clip.geometry.axes)[
        tuple(slice(None, None, -1 if back else 1) for back in clip.geometry.flipped)
    ]
    return clip, Labels("s", torch.from_numpy(frames.copy()), clip.geometry)


def coloured(picture: np.ndarray) -> np.ndarray:
    """Where the hue is the label's."""
    return picture[..., 0].astype(int) - picture[..., 2] > 60


def test_the_patient_s_right_is_at_the_left_and_the_front_above():
    def middle(spot) -> tuple[float, float]:
        clip, labels = body(spot=spot)
        picture = np.asarray(preview(clip, labels, {}, {}))[:, :SIDE]
        rows, columns = np.nonzero(coloured(picture))
        return float(rows.mean()) / picture.shape[0], float(columns.mean()) / SIDE

    right_back, left_back, right_front = middle((9, 1, 3)), middle((1, 1, 3)), middle((9, 7, 3))
    assert right_back[1] < 0.4
    assert left_back[1] > 0.6
    assert right_front[0] < right_back[0]


def test_the_picture_is_the_same_whatever_way_the_file_runs():
    one = np.asarray(preview(*body(), NAMES, {1: 1.0}))
    clip, labels = body()
    flipped = np.diag([-1.0, 1.0, 2.0, 1.0])
    other = ball_clip(shape=(12, 10, 8), steps=(1.0, 1.0, 2.0), affine=flipped)
    again = Labels("s", labels.frames, other.geometry)
    assert np.array_equal(
        np.asarray(preview(Clip("s", clip.frames, other.geometry), again, NAMES, {1: 1.0})), one
    )


def test_planes_have_the_aspect_of_millimetres():
    clip = ball_clip(shape=(20, 20, 4), steps=(1.0, 1.0, 10.0))
    labels = Labels("s", torch.zeros(4, 20, 20, dtype=torch.uint8), clip.geometry)
    shown = preview(clip, labels, {}, {})
    assert shown.height >= SIDE
    assert shown.width == SIDE + 160 + 160 + 16  # 20 x 40 mm twice


def test_the_legend_has_each_class_s_colour():
    shown = np.asarray(preview(*body(), {1: "liver", 2: "spleen"}, {1: 1.25}))
    for value in (1, 2):
        assert (shown == np.array(PALETTE[value])).all(axis=-1).sum() >= 100


def test_an_empty_scan_is_drawn():
    clip = ball_clip(level=100.0)
    labels = Labels("s", torch.zeros_like(clip.frames[:, 0], dtype=torch.uint8), clip.geometry)
    assert preview(clip, labels, NAMES, {}).width > SIDE
