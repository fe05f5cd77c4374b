import pytest
import torch

from segmem.nn.channel_groups import cut, group_count, put_back


@pytest.mark.parametrize(("channels", "groups"), [(640, 2), (512, 2), (256, 1), (192, 1), (40, 1)])
def test_what_was_cut_is_put_back(channels, groups):
    feature = torch.randn(2, channels, 3, 5)
    parts = cut(feature, 256)
    assert group_count(channels, 256) == groups
    assert parts.shape == (2 * groups, 256, 3, 5)
    assert torch.equal(put_back(parts, feature), feature)


def test_groups_of_one_image_lie_side_by_side():
    feature = torch.arange(2 * 4).float().view(2, 4, 1, 1)
    assert cut(feature, 2)[:, :, 0, 0].tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_channels_that_fill_no_group_are_the_features_own():
    feature = torch.randn(1, 5, 2, 2)
    changed = put_back(cut(feature, 2) + 1, feature)
    assert torch.equal(changed[:, :4], feature[:, :4] + 1)
    assert torch.equal(changed[:, 4], feature[:, 4])


def test_too_few_channels_begin_again():
    feature = torch.arange(3).float().view(1, 3, 1, 1)
    assert cut(feature, 8)[0, :, 0, 0].tolist() == [0, 1, 2, 0, 1, 2, 0, 1]
