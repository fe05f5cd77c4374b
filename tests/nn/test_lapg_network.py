import pytest
import torch

from nano import NANO_LAPG, alive
from segmem.nn.lapg_network import LapgNetwork, Prepared
from segmem.nn.lapg_settings import ContextSettings, GeneratorSettings, LapgNetworkSettings
from segmem.nn.lora import is_low_rank


def network(gate: float = 0.5, **changes: object) -> LapgNetwork:
    torch.manual_seed(0)
    made = alive(LapgNetwork(NANO_LAPG.model_copy(update=changes), 3))
    torch.nn.init.constant_(made.gate, gate)
    return made


@pytest.fixture
def frames() -> torch.Tensor:
    return torch.randn(3, 3, 64, 96, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("form", ["segmem", "released"])
@torch.no_grad()
def test_it_begins_as_a_decoder_without_prompts(frames, form):
    made = network(gate=0.0, generator=GeneratorSettings(form=form, tokens=2, embed=8, mlp=32))
    found = made.decode(made.encode(frames), made.encode(frames).top)
    top, fine = made.encoder(frames)
    decoder = made.decoder
    own = decoder.own.expand(3, -1, -1, -1).flatten(1, 2)
    plain = decoder(top + decoder.no_mask[:, None, None], made._places(top), own, decoder.refine(fine))
    assert torch.equal(found.logits, plain.logits)
    assert torch.equal(found.quality, plain.quality)


@torch.no_grad()
def test_its_gate_is_closed_when_it_is_made():
    assert not LapgNetwork(NANO_LAPG, 3).gate.any()


@torch.no_grad()
def test_an_open_gate_lets_prompts_speak(frames):
    answers = []
    for gate in (0.0, 0.5):
        made = network(gate)
        prepared = made.encode(frames)
        answers.append(made.decode(prepared, prepared.top).logits)
    assert not torch.allclose(*answers, atol=1e-3)


@torch.no_grad()
def test_coarse_masks_are_added_in_a_share_that_begins_as_nothing(frames):
    plain = network()
    made = network(decoder=NANO_LAPG.decoder.model_copy(update={"prior": True}))
    made.load_state_dict(plain.state_dict(), strict=False)
    prepared = made.encode(frames)
    alone = plain.decode(prepared, prepared.top).logits
    torch.nn.init.zeros_(made.prior)
    assert torch.equal(alone, made.decode(prepared, prepared.top).logits)
    torch.nn.init.constant_(made.prior, 2.0)
    found = made.decode(prepared, prepared.top).logits - alone
    size = found.shape[-2:]
    coarse = torch.nn.functional.interpolate(prepared.coarse[:, -1], size, mode="bilinear")
    assert torch.allclose(found, 2 * coarse, atol=1e-4)


def test_the_share_of_coarse_masks_is_nothing_when_it_is_made():
    decoder = NANO_LAPG.decoder.model_copy(update={"prior": True})
    assert not LapgNetwork(NANO_LAPG.model_copy(update={"decoder": decoder}), 3).prior.any()


@torch.no_grad()
def test_what_is_packed_comes_out_again(frames):
    prepared = network().encode(frames)
    again = Prepared.unpacked(prepared.packed())
    assert all(getattr(again, name) is getattr(prepared, name) for name in ("top", "own", "dense", "coarse"))
    assert again.presence is prepared.presence
    assert len(again.fine) == 2


@pytest.mark.parametrize("adjacent", [True, False])
@torch.no_grad()
def test_a_slice_depends_on_no_more_neighbours_than_its_halo_says(adjacent):
    made = network(context=ContextSettings(reach=1, adjacent=adjacent))
    torch.nn.init.normal_(made.context.back.weight)
    frames = torch.randn(7, 3, 32, 32)
    plain = made.encode(frames, slices=7).top
    frames[3] += 1
    changed = (made.encode(frames, slices=7).top - plain).abs().amax(dim=(1, 2, 3)) > 1e-6
    assert made.halo == 1 + adjacent
    assert changed.nonzero()[:, 0].tolist() == list(range(3 - made.halo, 4 + made.halo))


def test_what_ships_is_under_eight_million_weights():
    assert sum(p.numel() for p in LapgNetwork(LapgNetworkSettings(), 9).parameters()) < 8e6


@pytest.mark.parametrize("tuning", ["full", "frozen", "lora"])
def test_of_the_encoder_learns_what_the_settings_say(tuning):
    encoder = NANO_LAPG.encoder.model_copy(update={"tuning": tuning})
    made = network(encoder=encoder)
    learning = {id(p) for p in made.learning_parameters()}
    inside = {name: id(p) in learning for name, p in made.named_parameters() if name.startswith("encoder.")}
    assert all(id(p) in learning for name, p in made.named_parameters() if name not in inside)
    expected = {"full": lambda _: True, "frozen": lambda _: False, "lora": is_low_rank}[tuning]
    assert inside == {name: expected(name) for name in inside}
