"""The papers' tables."""

import pytest

from segmem.core.errors import UsageError
from segmem.reproduce.published import names, published


def test_all_six_are_there() -> None:
    assert names() == (
        *("lapg-btcv", "samed2-ablation", "samed2-external", "samed2-internal", "tmam-table1", "tmam-table2"),
    )


@pytest.mark.parametrize("name", names())
def test_every_row_has_every_column_and_a_share(name: str) -> None:
    table = published(name)
    assert table.rows
    for row in table.rows:
        assert tuple(row.values) == table.columns
        assert all(value is None or 0 < value < 1 for value in row.values.values())
    assert len({row.method for row in table.rows}) == len(table.rows)


def test_numbers_of_the_papers() -> None:
    def value(name: str, method: str, column: str) -> float | None:
        return next(row.values[column] for row in published(name).rows if row.method == method)

    assert value("tmam-table1", "U-Net MaxViT-T + TMAM", "Dice") == 0.923
    assert value("tmam-table2", "DeepLabV3+ ResNet-101", "TC") == 0.645
    assert value("samed2-external", "Hippocampus MR (MSD)", "U-Net (per task)") == 0.8097
    assert value("samed2-internal", "LV-epi/Echo", "MedSAM") == 0.3412
    assert value("samed2-ablation", "+ temporal adapter", "Liver (external)") == 0.7680
    assert value("lapg-btcv", "MedSAM-2", "pancreas") == 0.840
    assert value("lapg-btcv", "nnU-Net", "pancreas") is None


@pytest.mark.parametrize(
    ("name", "recomputed"),
    [
        ("samed2-external", (0.7795, 0.6090, 0.4878, 0.7650, 0.6992, 0.7711)),
        ("samed2-internal", (0.7490, 0.6194, 0.3939, 0.7367, 0.6815, 0.6179)),
    ],
)
def test_printed_means_that_are_not_the_means_of_their_rows(name: str, recomputed: tuple[float, ...]) -> None:
    table = published(name)
    assert tuple(table.means().values()) == pytest.approx(recomputed, abs=5e-5)
    assert table.printed_mean is not None
    assert abs(table.printed_mean["SAMed-2"] - table.means()["SAMed-2"]) > 0.03
    assert any("not the means of the rows" in remark for remark in table.remarks)


def test_a_mean_that_is_what_it_says() -> None:
    (row,) = [row for row in published("lapg-btcv").rows if row.method == "MedSAM-2"]
    organs = [value for name, value in row.values.items() if name != "mean"]
    assert sum(v for v in organs if v is not None) / 12 == pytest.approx(0.890, abs=1e-3)
    assert published("lapg-btcv").means().keys() == {"mean"}


def test_another_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(
        UsageError, match=r"No table 'tmam-tabel1'\..*tmam-table1.*There are: lapg-btcv, samed2"
    ):
        published("tmam-tabel1")
