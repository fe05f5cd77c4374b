import pytest
import torch

from datasets import write_frames
from labelled import SIZE, square, write_mask
from segmem.core.errors import GeometryError
from segmem.data.frame_files import files_of, read_pairs


def test_frames_come_in_order_with_the_labels_they_have(tmp_path):
    drawn = write_frames(tmp_path, 2, ".png")
    mask = write_mask(tmp_path / "m.png", square(3))
    pairs = [(tmp_path / "00000.png", None), (tmp_path / "00001.png", mask)]
    (first, none), (second, label) = read_pairs(pairs)
    assert none is None
    assert torch.equal(first.permute(1, 2, 0), torch.from_numpy(drawn[0]))
    assert torch.equal(second.permute(1, 2, 0), torch.from_numpy(drawn[1]))
    assert int(label.max()) == 3
    assert files_of(pairs) == (pairs[0][0], pairs[1][0], mask)


def test_labels_are_read_as_told(tmp_path):
    write_frames(tmp_path, 1, ".png")
    pairs = [(tmp_path / "00000.png", write_mask(tmp_path / "m.png", square(255)))]
    ((_, label),) = read_pairs(pairs, lambda _: torch.ones(SIZE, dtype=torch.uint8))
    assert int(label.sum()) == SIZE[0] * SIZE[1]


def test_a_label_map_of_another_size_is_refused(tmp_path):
    write_frames(tmp_path, 1, ".png")
    with pytest.raises(GeometryError, match=r"\(48, 64\).*\(20, 30\)"):
        list(read_pairs([(tmp_path / "00000.png", write_mask(tmp_path / "m.png", square(1, (20, 30))))]))
