"""The spatial scores TMAM's released code gives on CholecSeg8k: three, and none of them is the paper's per-class Dice.

Source: JmeesInc/TMAM, `calc_score_cholec.py` (`binary_dice`, `dice_per_class`, `row_mean_dice`) and
`TMAM_cholec_train.py` (`validation_dice`). Truth comes in the dataset's grey values, where background is 50.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segmem.core.errors import FormatError, GeometryError
from segmem.metrics.overlap import LabelMap, Scores, dice, dice_by_frame

GREYS = (50, 5, 11, 12, 13, 21, 22, 23, 24, 25, 31, 32, 33)
"""Grey value of each class 0..12 in the dataset's masks."""
CLASSES = len(GREYS)
UNKNOWN = -1


def binary_dice(prediction: LabelMap | None, truth_grey: LabelMap) -> float:
    """The score called "mean Dice": Dice of what is not 0, of one frame, in 0..1.

    Wrong: no class is told from another, and the truth's background (grey 50) is foreground; see `overlap.dice`.

    Args:
        prediction: class ids of any shape; None where the file is missing, which scores 0.
        truth_grey: grey values, the same shape.

    Raises:
        GeometryError: the shapes differ.
    """
    if prediction is None:
        return 0.0
    p, t = np.asarray(prediction) != 0, np.asarray(truth_grey) != 0
    return float(np.nan_to_num(dice(p, t, 2)[1], nan=1.0))


def dice_per_class(prediction: LabelMap, truth_grey: LabelMap) -> Scores:
    """Dice of each class of one frame (13,), in 0..1, where the released function returns at all.

    Wrong: predicted ids are read as grey values (5, 11, 12 become classes 1, 2, 3), and absent from both scores 1.

    Args:
        prediction: class ids 0..12, any shape.
        truth_grey: grey values, the same shape.

    Raises:
        GeometryError: the shapes differ.
        FormatError: a predicted id, or a value of the truth, is no grey value; the released function raises there.
    """
    maps = [_read_as_grey(np.asarray(m)) for m in (prediction, truth_grey)]
    for name, source, classes in zip(("prediction", "truth"), (prediction, truth_grey), maps, strict=True):
        if (classes == UNKNOWN).any():
            lost = np.unique(np.asarray(source)[classes == UNKNOWN]).tolist()
            raise FormatError(
                f"The {name} holds {lost}, which are no grey values of the dataset. The released score has no answer"
                " here; use `metrics.overlap.dice` on class ids."
            )
    return np.nan_to_num(dice(maps[0], maps[1], CLASSES), nan=1.0)


def row_mean_dice(
    prediction: LabelMap, truth_grey: LabelMap, torchmetrics: Literal["1.6", "1.8"] = "1.8"
) -> Scores:
    """Mean Dice of each class (13,) over image rows, of all frames together, in 0..1.

    Wrong: each row is a sample and ids are read as grey values (unknown: background); see `overlap.dice_by_frame`.

    Args:
        prediction: (T, H, W), class ids.
        truth_grey: (T, H, W), grey values.
        torchmetrics: "1.8" leaves out rows without the class (NaN where no row has it), "1.6" counts them as 1.

    Raises:
        GeometryError: the shapes differ.
    """
    p, t = np.asarray(prediction), np.asarray(truth_grey)
    if p.shape != t.shape:
        raise GeometryError(f"Prediction has shape {p.shape}, truth {t.shape}. They must agree.")
    rows = [_read_as_grey(m).clip(min=0).reshape(-1, m.shape[-1]) for m in (p, t)]
    scores = dice_by_frame(rows[0], rows[1], CLASSES)
    if torchmetrics == "1.6":
        return np.asarray(np.nan_to_num(scores, nan=1.0).mean(axis=0))
    held = ~np.isnan(scores)
    out = np.full(CLASSES, np.nan)
    np.divide(np.nansum(scores, axis=0), held.sum(axis=0), out=out, where=held.any(axis=0))
    return out


@dataclass(frozen=True, slots=True)
class Validation:
    """Scores of the released training script's validation, in 0..1.

    Attributes:
        images: (T, 13) Dice of each image and class.
        classes: (13,) mean over images.
        overall: mean over classes, background included.
    """

    images: Scores
    classes: Scores
    overall: float


def validation_dice(logits: NDArray[Any], truth: LabelMap) -> Validation:
    """Dice as the validation in the training script computes it: argmax of logits, each image and class.

    Wrong: absent from both scores 1 and background counts; `summary.mean_of_classes` leaves out both.

    Args:
        logits: (T, 13, H, W).
        truth: (T, H, W), class ids 0..12.

    Raises:
        GeometryError: the sizes of logits and truth differ, or there are not 13 classes.
        FormatError: a truth id is not 0..12.
    """
    t = np.asarray(truth)
    if logits.ndim != 4 or logits.shape[1] != CLASSES or logits[:, 0].shape != t.shape:
        raise GeometryError(
            f"Logits are {logits.shape}, truth {t.shape}; expected (T, 13, H, W) and (T, H, W)."
        )
    images = np.nan_to_num(dice_by_frame(logits.argmax(axis=1), t, CLASSES), nan=1.0)
    classes = images.mean(axis=0)
    return Validation(images, classes, float(classes.mean()))


def _read_as_grey(values: NDArray[Any]) -> NDArray[np.int64]:
    """Class of each value taken for a grey value: 0 stays 0, what is no grey value becomes UNKNOWN."""
    classes = np.full(values.shape, UNKNOWN, np.int64)
    classes[values == 0] = 0
    for number, grey in enumerate(GREYS):
        classes[values == grey] = number
    return classes
