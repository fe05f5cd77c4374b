import pytest

from segmem.nn.lapg_settings import LapgNetworkSettings


def network(form, prior):
    return LapgNetworkSettings.model_validate({"generator": {"form": form}, "decoder": {"prior": prior}})


def test_a_prior_needs_coarse_masks():
    with pytest.raises(ValueError, match="draws none"):
        network("released", True)


@pytest.mark.parametrize(("form", "prior"), [("segmem", True), ("segmem", False), ("released", False)])
def test_what_goes_together_is_taken(form, prior):
    assert network(form, prior).decoder.prior is prior
