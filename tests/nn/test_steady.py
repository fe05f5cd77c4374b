import pytest
import torch

from segmem.memory import LastAnswer
from segmem.nn.block_motion import cell_side
from segmem.nn.steady import CHANGED, FAINT, steadied
from small_pictures import SIZE, WIDE, blank, padded, picture, with_a_clock

SHARE = 0.5


def saying(chance: float, size: tuple[int, int] = SIZE) -> torch.Tensor:
    """Logits of two classes, the second of them this likely everywhere."""
    two = torch.tensor([1 - chance, chance]).log()
    return two.view(1, 2, 1, 1).expand(-1, -1, *size)


def test_the_first_frame_says_what_it_says():
    logits, last = steadied(saying(0.8), picture(), None, SHARE)
    assert torch.equal(logits, saying(0.8))
    assert torch.allclose(last.chances[:, 1], torch.tensor(0.8))


def test_where_nothing_has_changed_it_is_the_mean_of_both_by_their_weight():
    _, last = steadied(saying(0.2), picture(), None, SHARE)
    for share in (0.3, 0.5):
        logits, after = steadied(saying(0.8), picture(), last, share)
        assert torch.allclose(logits.exp()[:, 1], torch.tensor(0.8 - share * 0.6), atol=1e-6)
        assert torch.allclose(after.chances[:, 1], torch.tensor(0.8 - share * 0.6), atol=1e-6)


def test_it_flickers_less_for_ever_and_never_lags_for_long():
    last, said = None, []
    for frame in range(20):
        logits, last = steadied(saying(0.8 if frame % 2 else 0.2), picture(), last, SHARE)
        said.append(float(logits.exp()[0, 1, 0, 0]))
    assert abs(said[-1] - said[-2]) == pytest.approx(
        0.2, abs=1e-3
    )  # it was 0.6: a third, as of share / (2 - share)
    for _ in range(5):
        logits, last = steadied(saying(1.0 - 1e-6), picture(), last, SHARE)
    assert float(logits.exp()[0, 1, 0, 0]) > 0.97


def test_another_picture_is_answered_by_itself():
    _, last = steadied(saying(0.01), picture(), None, SHARE)
    logits, _ = steadied(saying(0.8), picture(seed=1), last, SHARE)
    assert logits.exp()[:, 1].mean() > 0.78
    assert logits.exp()[:, 1].min() > 0.6  # a cell may be alike by chance


def test_the_weight_falls_with_the_change():
    for light in (1.0, 0.25):  # as seen by its own contrast
        seen = light * picture()
        _, last = steadied(saying(0.2), seen, None, SHARE)
        logits, _ = steadied(saying(0.8), seen + CHANGED * seen.std(), last, SHARE)
        said = logits.exp()[:, 1, 2:-2, 2:-2]  # few cells of noise are alike at an edge by chance
        assert torch.allclose(said, torch.tensor(0.8 - SHARE * 0.6 / torch.e), atol=1e-5)


def test_a_faint_picture_has_no_contrast_to_be_measured_by():
    faint = torch.full((1, 1, *SIZE), 0.9 * FAINT)
    faint[..., 16:] *= -1
    _, last = steadied(saying(0.2), faint, None, SHARE)
    logits, _ = steadied(saying(0.8), faint + CHANGED * FAINT, last, SHARE)
    assert torch.allclose(logits.exp()[:, 1], torch.tensor(0.8 - SHARE * 0.6 / torch.e), atol=1e-5)


@pytest.mark.parametrize(
    "seen",
    [
        blank(size=WIDE),
        blank(2.5, WIDE),
        blank(0.0, WIDE),
        with_a_clock(blank(size=WIDE)),
        padded(blank(size=WIDE)),
        blank(size=WIDE) + 0.003 * picture(size=WIDE),
    ],
    ids=["black", "white", "grey", "with a clock", "padded", "noisy"],
)
def test_a_frame_that_shows_nothing_keeps_the_last_answer(seen):
    _, last = steadied(saying(0.9, WIDE), picture(size=WIDE), None, SHARE)
    for _ in range(5):
        logits, last = steadied(saying(0.1, WIDE), seen, last, SHARE)
        assert torch.allclose(logits.exp()[:, 1], torch.tensor(0.9), atol=0.03)
    assert torch.equal(last.picture, picture(size=WIDE))  # what the next frame is compared with


def test_a_stream_that_begins_with_nothing_says_what_the_network_says():
    logits, _ = steadied(saying(0.3), blank(), None, SHARE)
    assert torch.equal(logits, saying(0.3))


def test_the_answer_goes_with_what_it_was_about():
    seen = picture()
    before = torch.full((1, 2, *SIZE), 0.5)
    before[:, 0, :, 16:], before[:, 1, :, 16:] = 0.1, 0.9
    _, last = steadied(before.log(), seen, None, SHARE)
    logits, _ = steadied(saying(0.5), seen.roll(1, dims=3), last, SHARE)
    said = logits.exp()[0, 1, 4:-4]
    assert torch.allclose(said[:, 17:-4], torch.tensor(0.7), atol=1e-5)
    assert torch.allclose(said[:, 4:17], torch.tensor(0.5), atol=1e-5)


def test_edges_within_a_cell_stay_where_they_are():
    size = (240, 320)
    assert cell_side(size) == 3
    logits = torch.zeros(1, 2, *size)
    logits[:, 1, :, :100], logits[:, 1, :, 100:] = 2.0, -2.0  # 100 is within a cell
    seen = picture(size=size)
    _, last = steadied(logits, seen, None, SHARE)
    again, _ = steadied(logits, seen, last, SHARE)
    assert torch.allclose(again, logits.log_softmax(dim=1), atol=1e-5)


def test_a_frame_of_another_size_begins_anew():
    _, last = steadied(saying(0.2), picture(), None, SHARE)
    logits, after = steadied(saying(0.8, (32, 32)), picture(size=(32, 32)), last, SHARE)
    assert torch.equal(logits, saying(0.8, (32, 32)))
    assert after.chances.shape[-2:] == (32, 32)


def test_nothing_it_is_given_is_changed():
    last = LastAnswer(picture(), torch.full((1, 2, *SIZE), 0.5))
    kept = last.chances.clone()
    steadied(saying(0.8), picture(), last, SHARE)
    assert torch.equal(last.chances, kept)


def test_streams_of_a_batch_know_nothing_of_each_other():
    pictures = torch.cat([picture(), picture(seed=1)])
    moved = torch.cat([picture(), picture(seed=2)])
    first, now = (torch.cat([saying(a), saying(b)]) for a, b in ((0.2, 0.3), (0.8, 0.9)))
    _, last = steadied(first, pictures, None, SHARE)
    both, _ = steadied(now, moved, last, SHARE)
    for row in range(2):
        one = slice(row, row + 1)
        _, alone = steadied(first[one], pictures[one], None, SHARE)
        assert torch.allclose(both[one], steadied(now[one], moved[one], alone, SHARE)[0], atol=1e-6)
