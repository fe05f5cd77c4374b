import torch

from segmem.nn.class_masks import ClassMasks


@torch.no_grad()
def test_a_cell_sees_the_pixels_of_its_own_patch_alone():
    torch.manual_seed(0)
    part, masks = ClassMasks(3, 8, 4), torch.rand(1, 3, 8, 12)
    plain = part(masks)
    masks[..., 4:8, 8:12] = 0
    changed = (part(masks) - plain).abs().amax(dim=1)[0] > 1e-6
    assert changed.nonzero().tolist() == [[1, 2]]


@torch.no_grad()
def test_classes_in_another_order_with_their_filters_are_the_same():
    torch.manual_seed(0)
    part, masks, order = ClassMasks(3, 8, 2), torch.rand(2, 3, 4, 6), [2, 0, 1]
    plain = part(masks)
    part.cut.weight.copy_(part.cut.weight[:, order].clone())
    assert torch.allclose(part(masks[:, order]), plain, atol=1e-6)


@torch.no_grad()
def test_which_class_a_mask_is_of_matters():
    torch.manual_seed(0)
    part, masks = ClassMasks(2, 8, 2), torch.zeros(1, 2, 4, 4)
    masks[0, 0] = 1
    assert not torch.allclose(part(masks), part(masks.flip(1)))
