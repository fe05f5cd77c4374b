"""One shape for what segmentation networks give: a channel a class, background first, at the image's size."""

from collections.abc import Mapping, Sequence

from torch import Tensor
from torch.nn import functional as F

from segmem.core.errors import UsageError

TWIST = 0.1  # by which the sides' ratio of output and image may differ


def class_logits(found: object, image: Tensor) -> Tensor:
    """(B, K, H, W) of a network's output for an image (B, 3, H, W).

    Of a dict `out` is taken, of a list the first. One channel is a foreground's logit and gets a background of 0
    before it, so that softmax says what the sigmoid did. Another size is brought to the image's, bilinearly.

    Raises:
        UsageError: there are no logits in it, or they are of another shape than the image.
    """
    if isinstance(found, Mapping):
        found = found.get("out", next(iter(found.values()), None))
    if isinstance(found, Sequence) and found:
        found = found[0]
    if not isinstance(found, Tensor) or found.ndim != 4 or len(found) != len(image):
        raise UsageError(f"The network gives {described(found)}; logits (B, K, H, W) are needed.")
    (h, w), (height, width) = found.shape[-2:], image.shape[-2:]
    if abs(h * width / (w * height) - 1) > TWIST:
        raise UsageError(
            f"The network gives {h} x {w} pixels for an image of {height} x {width}: not the whole of it."
        )
    if found.shape[1] == 1:
        found = F.pad(found, (0, 0, 0, 0, 1, 0))
    if (h, w) == (height, width):
        return found
    return F.interpolate(found, (height, width), mode="bilinear", align_corners=False)


def described(found: object) -> str:
    """What something is, for a message."""
    return f"a tensor {tuple(found.shape)}" if isinstance(found, Tensor) else f"a {type(found).__name__}"
