from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from segmem.core.errors import FormatError
from segmem.io.masks import PALETTE, FrameLabelsWriter, read_mask, write_mask


def labels(height: int = 5, width: int = 7) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8))


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (64, 33)])
def test_labels_come_back_as_indices(tmp_path: Path, size: tuple[int, int]) -> None:
    write_mask(tmp_path / "a.png", labels(*size))
    assert torch.equal(read_mask(tmp_path / "a.png"), labels(*size))


def test_the_file_is_an_indexed_png_in_our_colours(tmp_path: Path) -> None:
    write_mask(tmp_path / "a.png", torch.tensor([[0, 1, 2]], dtype=torch.uint8))
    image = Image.open(tmp_path / "a.png")
    assert image.mode == "P"
    assert [image.convert("RGB").getpixel((x, 0)) for x in range(3)] == list(PALETTE[:3])


def test_labels_need_not_be_contiguous(tmp_path: Path) -> None:
    write_mask(tmp_path / "a.png", labels().T)
    assert torch.equal(read_mask(tmp_path / "a.png"), labels().T)


def test_frames_are_numbered_with_five_digits_or_more(tmp_path: Path) -> None:
    writer = FrameLabelsWriter(tmp_path / "out" / "labels")
    names = [writer.write(index, labels()).name for index in (0, 42, 123456)]
    assert names == ["00000.png", "00042.png", "123456.png"]
    assert sorted(path.name for path in (tmp_path / "out" / "labels").iterdir()) == sorted(names)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.bool_])
def test_grey_values_are_the_labels(tmp_path: Path, dtype: type) -> None:
    values = np.array([[0, 1], [1, 0]], dtype)
    Image.fromarray(values).save(tmp_path / "a.png")
    assert read_mask(tmp_path / "a.png").tolist() in ([[0, 1], [1, 0]], [[0, 255], [255, 0]])


def test_a_palette_picture_gives_indices_not_colours(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 3]], np.uint8))
    image.putpalette([9] * 12)
    image.save(tmp_path / "a.png")
    assert read_mask(tmp_path / "a.png").tolist() == [[0, 3]]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_grey_saved_in_colour_is_grey(mode: str, tmp_path: Path) -> None:
    Image.new("L", (3, 2), 7).convert(mode).save(tmp_path / "mask.png")
    assert read_mask(tmp_path / "mask.png").tolist() == [[7] * 3] * 2


def test_colours_and_high_values_are_refused_with_the_way_out(tmp_path: Path) -> None:
    Image.new("RGB", (3, 3), (4, 4, 9)).save(tmp_path / "rgb.png")
    Image.fromarray(np.array([[0, 300]], np.uint16)).save(tmp_path / "high.png")
    with pytest.raises(FormatError, match=r"in colour \(RGB\).*palette PNG"):
        read_mask(tmp_path / "rgb.png")
    with pytest.raises(FormatError, match="up to 300"):
        read_mask(tmp_path / "high.png")
