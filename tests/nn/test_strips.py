import pytest
import torch

from segmem.nn import strips
from segmem.nn.strips import by_strips, joined, rows_at_once


def test_strips_cover_every_row_once():
    assert list(strips.strips(7, 3)) == [(0, 3), (3, 6), (6, 7)]
    assert list(strips.strips(6, 3)) == [(0, 3), (3, 6)]
    assert list(strips.strips(2, 9)) == [(0, 2)]


def test_a_wider_map_has_fewer_rows_at_once(monkeypatch):
    monkeypatch.setattr(strips, "STRIP_BYTES", 4 * 2 * 10 * 8 * 3)
    x = torch.zeros(2, 50, 10, 4)
    assert rows_at_once(x, 8) == 3
    assert rows_at_once(x, 800) == 1


def test_a_graphics_card_takes_all_rows():
    assert rows_at_once(torch.zeros(1, 50, 10, 4, device="meta"), 10**9) == 50


@pytest.mark.parametrize("rows", [1, 3, 7, 20])
@pytest.mark.parametrize("learning", [True, False])
def test_a_work_on_single_cells_gives_the_same(rows, learning):
    x = torch.randn(2, 7, 5, 4)
    with torch.set_grad_enabled(learning):
        assert torch.equal(
            by_strips(lambda part: part.sum(-1, keepdim=True), x, rows), x.sum(-1, keepdim=True)
        )


def test_each_strip_is_made_when_it_is_asked_for():
    made = []

    def parts():
        for value in range(3):
            made.append(value)
            yield torch.full((1, 2, 1, 1), float(value))

    with torch.no_grad():
        assert joined(parts(), 6).flatten().tolist() == [0, 0, 1, 1, 2, 2]
    assert made == [0, 1, 2]
