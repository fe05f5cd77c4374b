"""What of a case is shown to a model: frames that somebody judged, and one channel of several."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from torch import Tensor

from segmem.core.errors import FormatError, SettingsError, nearest
from segmem.data.cases import LabelledCase, LabelledFrame


def judged(label: Tensor | None, ignore: int | None, where: str) -> Tensor | None:
    """The label map (H, W), or None where nobody judged a pixel of it.

    Raises:
        FormatError: some pixels were judged and others not: a frame is learnt from whole, or not at all.
    """
    if label is None or ignore is None:
        return label
    passed_over = int((label == ignore).sum())
    if passed_over == label.numel():
        return None
    if passed_over:
        raise FormatError(
            f"{where}: {passed_over} of {label.numel()} pixels have the label {ignore}, which is to be ignored. A frame"
            " is learnt from whole or not at all; say what they are with"
            " `segmem convert data SRC DST --to segmem --label-map ignore=background`."
        )
    return label


def one_channel(case: LabelledCase, channel: str) -> LabelledCase:
    """The case with one of its channels alone.

    Raises:
        SettingsError: it has none of that name.
    """
    if channel not in case.channels:
        raise SettingsError(f"{case.name} has no channel {channel!r}.{nearest(channel, list(case.channels))}")
    index = case.channels.index(channel)
    return replace(case, read=partial(_picked, case, index), channels=(channel,))


def _picked(case: LabelledCase, index: int) -> Iterator[LabelledFrame]:
    for frame, label in case.read():
        yield frame[index : index + 1], label
