import numpy as np
import torch

from segmem.data.cases import LabelledCase
from segmem.medbank.slices import slices, split, to_bytes, too_long
from segmem.medbank.table import SourceRow


def source(**changes) -> SourceRow:
    values = {
        "name": "s", "folder": "s", "modality": "CT", "licence": "-",
        "tasks": [{"object": "Organ", "values": [1, 2]}, {"object": "Tumour", "values": [2]}],
    }  # fmt: skip
    return SourceRow.model_validate({**values, **changes})


def case(frames, labels, kind="volume") -> LabelledCase:
    return LabelledCase("a", "a", kind, lambda: iter(zip(frames, labels, strict=True)))


def test_classes_are_split_to_masks_of_one_object_each():
    label = torch.tensor([[0, 1], [2, 3]], dtype=torch.uint8)
    found = split(label, source().tasks)
    assert found["Organ"].tolist() == [[0, 255], [255, 0]]
    assert found["Tumour"].tolist() == [[0, 0], [255, 0]]
    assert split(0 * label, source().tasks) == {}


def test_only_slices_with_an_object_are_made_and_keep_their_number():
    frames = [torch.full((1, 2, 2), float(value)) for value in (0, 50, 100)]
    blank, organ = torch.zeros(2, 2, dtype=torch.uint8), torch.ones(2, 2, dtype=torch.uint8)
    (one,) = slices(case(frames, [blank, organ, None]), source(window=(0, 100)))
    assert one.number == 1
    assert one.masks.keys() == {"Organ"}
    assert one.image.unique().tolist() == [128]


def test_a_scan_without_a_window_is_stretched_between_percentiles_of_all_of_it():
    ramp = torch.arange(1000.0).view(10, 1, 10, 10)
    organ = torch.ones(10, 10, dtype=torch.uint8)
    made = list(slices(case(list(ramp), [organ] * 10), source()))
    values = np.stack([one.image.numpy() for one in made])
    assert (values.min(), values.max()) == (0, 255)
    assert made[0].image.float().mean() < made[9].image.float().mean()


def test_bytes_stay_as_they_are_and_other_values_are_cut_at_the_window():
    frame = torch.tensor([[[7, 250]]], dtype=torch.uint8)
    assert to_bytes(frame, None) is frame
    scan = torch.tensor([[[-500.0, 40.0, float("nan"), 900.0]]])
    assert to_bytes(scan, (-160.0, 240.0)).tolist() == [[[0, 128, 0, 255]]]
    assert to_bytes(torch.zeros(4, 2, 2), None).shape == (1, 2, 2)


def test_an_image_is_too_long_where_its_short_edge_is_under_half_of_the_long_one():
    assert too_long((10, 21))
    assert not too_long((10, 20))
    assert too_long((21, 10))
