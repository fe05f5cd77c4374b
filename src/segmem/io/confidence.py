"""Where maps of confidence are: how sure a model was of each pixel of a label map, as bytes, 255 being certain."""

from pathlib import Path

from segmem.io.formats import case_name

FOLDER = "confidence"
"""Beside a video's folder of label maps, with a PNG of the same name for each."""
ENDING = ".confidence"
"""Ends the name of the map that lies beside one file of labels."""


def beside(labels: Path) -> Path:
    """The map of one file of labels: `scan.nii.gz` has `scan.confidence.nii.gz`."""
    name = case_name(labels)
    end = labels.name[len(name) :]
    return labels.with_name(
        f"{name}{ENDING}{'.nii.gz' if end == '.dcm' else end}"
    )  # a DICOM-SEG holds labels only
