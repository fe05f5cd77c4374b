import numpy as np
import torch

from labelled import write_images
from segmem.data.cases import LabelledCase
from segmem.medbank.overlap import Print, alike, external_prints, known, print_of


def test_what_is_known_of_a_set_is_said_where_it_is_trained_on(table):
    assert known(table, ["LiTS"]) == ["LiTS is trained on, so MSD Liver cannot test it: the same scans."]
    assert known(table, ["Eyes"]) == []


def prints(*bits: np.ndarray) -> list[Print]:
    return [Print(f"set: {place}", f"owner {place}", one) for place, one in enumerate(bits)]


def test_copies_are_found_and_different_pictures_are_not():
    rng = np.random.default_rng(0)
    first, second = rng.random(256) > 0.5, rng.random(256) > 0.5
    near = first.copy()
    near[:3] = ~near[:3]
    assert alike(prints(first, second, near)) == ["set: 0 looks like set: 2 (3 of 256 bits differ)"]
    assert alike([]) == []


def test_a_picture_is_known_by_itself_and_a_scan_by_three_of_its_slices():
    frames = [torch.rand(1, 32, 32, generator=torch.Generator().manual_seed(n)) for n in range(8)]
    image = print_of(LabelledCase("a", "a", "image", lambda: iter(())), "x", "o", frames[:1])
    scan = print_of(LabelledCase("a", "a", "volume", lambda: iter(())), "x", "o", frames)
    assert image.bits.shape == scan.bits.shape == (256,)
    assert not np.array_equal(image.bits, scan.bits)
    flat = print_of(LabelledCase("a", "a", "image", lambda: iter(())), "x", "o", [torch.zeros(1, 32, 32)])
    assert flat is None


def test_every_case_of_an_external_set_has_its_print(tmp_path):
    write_images(tmp_path / "test-set", ["a", "b"])
    assert [one.where for one in external_prints(tmp_path / "test-set")] == ["test-set: a", "test-set: b"]
