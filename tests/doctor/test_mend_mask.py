import torch

from labelled import square, write_mask
from segmem.doctor import mend_mask
from segmem.io.masks import read_mask


def test_255_becomes_1_and_the_background_stays(tmp_path):
    path = write_mask(tmp_path / "a.png", square(255))
    (told,) = mend_mask.mend(path, tmp_path / "b.png")
    assert "768 pixels" in told
    assert torch.equal(read_mask(tmp_path / "b.png"), torch.from_numpy(square(1)))
    assert torch.equal(read_mask(path), torch.from_numpy(square(255)))
