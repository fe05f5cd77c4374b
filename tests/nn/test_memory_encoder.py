import torch

from segmem.nn.memory_encoder import MemoryEncoder, MemoryEncoderSettings


def test_the_mask_keeps_its_place_in_memory():
    torch.manual_seed(0)
    encoder = MemoryEncoder(MemoryEncoderSettings(width=16, memory_width=8))
    features = torch.zeros(1, 16, 4, 8)
    left, none = torch.full((1, 1, 64, 128), -10.0), torch.full((1, 1, 64, 128), -10.0)
    left[..., :64] = 10.0
    change = (encoder(features, left) - encoder(features, none)).abs().mean(dim=1)[0]
    assert change[:, :3].mean() > 10 * change[:, -1].mean()


def test_several_masks_share_the_features_of_their_image():
    torch.manual_seed(0)
    encoder = MemoryEncoder(MemoryEncoderSettings(width=16, memory_width=8))
    features, masks = torch.randn(2, 16, 4, 6), torch.randn(6, 1, 64, 96) * 10
    made = encoder(features, masks)
    assert made.shape == (6, 8, 4, 6)
    for row in range(6):
        assert torch.allclose(made[[row]], encoder(features[[row // 3]], masks[[row]]), atol=1e-5)
