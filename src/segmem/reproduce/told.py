"""A reproduction for people: published rows, ours below them, and what each number is."""

from collections.abc import Mapping, Sequence

from segmem.reproduce.run import Reproduction

WIDTH = 44


def told(made: Reproduction) -> str:
    """Lines of text."""
    table = made.published
    lines = [f"{made.table}: {table.title}", table.paper, "", _line("", table.columns)]
    lines += [_values(row.method, table.columns, row.values) for row in table.rows]
    if table.printed_mean is not None:
        lines.append(_values("mean as printed", table.columns, table.printed_mean))
        lines.append(_values("mean of the rows", table.columns, table.means()))
    if made.rows:
        lines += [
            "",
            *(_values(f"segmem: {row.method}", table.columns, row.values) for row in made.rows),
            f"(scale {made.scale}, {', '.join(made.test_cases)}; {made.about})",
        ]
    lines += ["", f"Published numbers: {table.measured_as}"]
    lines += [f"Published on: {table.hardware or 'the paper does not say'}."]
    if made.rows:
        lines.append(
            "segmem's numbers: Dice and TC as docs/metrics.md defines them: not what the paper's code computes."
        )
        lines.append(f"Made on: {made.hardware}.")
    return "\n".join([*lines, *(f"- {remark}" for remark in table.remarks)])


def _values(name: str, columns: Sequence[str], values: Mapping[str, float | None]) -> str:
    shown = [values.get(column) for column in columns]
    return _line(name, ["-" if value is None else f"{value:.4f}" for value in shown])


def _line(name: str, cells: Sequence[str]) -> str:
    short = name if len(name) < WIDTH else f"{name[: WIDTH - 2]}…"
    return f"{short:<{WIDTH}}" + "".join(f"{cell:>{max(len(cell), 10) + 2}}" for cell in cells)
