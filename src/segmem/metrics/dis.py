"""The flow engine DIS, Dense Inverse Search, of OpenCV: offline, no weights (Kroeger et al., ECCV 2016)."""

from importlib import import_module
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segmem.core.errors import MissingExtraError
from segmem.metrics.flow import Picture, Step

Preset = Literal["medium", "fast"]
Grey = NDArray[np.uint8]


class Dis:
    """DIS with one of OpenCV's presets.

    Args:
        preset: "medium" searches at half of the frame's size, "fast" at a quarter, in a fifth of the time.

    Raises:
        MissingExtraError: OpenCV is not installed.
    """

    def __init__(self, preset: Preset = "medium") -> None:
        try:
            cv2: Any = import_module("cv2")
        except ImportError as error:
            raise MissingExtraError(
                "Temporal consistency needs optical flow from OpenCV, which is not installed: pip install"
                " 'segmem[eval]'."
            ) from error
        made = {"medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM, "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST}
        self._engine = cv2.DISOpticalFlow_create(made[preset])
        self.name = f"DIS {preset}, OpenCV {cv2.__version__}"

    def ready(self, frame: Picture) -> Grey:
        """Grey (H, W), BT.601 luma in whole numbers; DIS does not look at colours."""
        wide = frame.astype(np.uint32)
        luma = (77 * wide[0] + 150 * wide[1] + 29 * wide[2] + 128) >> 8
        return np.ascontiguousarray(luma.astype(np.uint8))

    def step(self, start: Grey, end: Grey) -> Step:
        """See `FlowEngine`."""
        return np.asarray(self._engine.calc(start, end, None), dtype=np.float32)
