"""A folder of small downloads, and a table of them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelled import square, write_images, write_mask, write_scans
from segmem.medbank.table import Table


@pytest.fixture
def table() -> Table:
    polyp = {"object": "Polyp", "values": [1]}
    return Table.model_validate(
        {
            "sources": [
                {
                    "name": "Eyes",
                    "folder": "eyes",
                    "modality": "Colonoscopy",
                    "licence": "free",
                    "tasks": [polyp],
                },
                {
                    "name": "LiTS",
                    "folder": "lits",
                    "modality": "CT",
                    "licence": "NC",
                    "window": [100, 900],
                    "tasks": [{"object": "Liver", "values": [1, 2]}, {"object": "LiverTumor", "values": [2]}],
                },
                {"name": "Gone", "folder": "gone", "modality": "CT", "licence": "?", "tasks": [polyp]},
            ],
            "paper": {"CT": {"tasks": 10, "images": 34521}},
            "overlaps": [{"training": "LiTS", "external": ["MSD Liver"], "why": "the same scans"}],
        }
    )


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """Four pictures, one of them long, one without an object; three scans of three labelled slices each."""
    root = tmp_path / "downloads"
    write_images(root / "eyes", ["a", "b", "c", "d"])
    write_mask(root / "eyes" / "masks" / "b.png", 0 * square())
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (20, 41, 3), dtype=np.uint8)).save(
        root / "eyes" / "images" / "c.png"
    )
    write_mask(root / "eyes" / "masks" / "c.png", square(1, (20, 41)))
    write_scans(root / "lits", ["one", "two", "three"])
    return root
