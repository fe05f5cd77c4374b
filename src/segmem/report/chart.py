"""Drawings as SVG: small ones that stay readable at the width of a telephone, and wide ones over time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from segmem.report.extras import require_drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F5A3C", "#555555")
"""Told apart by the colour-blind: Okabe and Ito's, the yellow left out and two added."""
SMALL, WIDE = 3.6, 11.0
"""Inches; an inch is 96 pixels of the page."""
LEGEND_LINE = 0.19
"""Inches that a name takes."""
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "segmem",
    "text.parse_math": False,
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8c959f",
    "axes.grid": True,
    "grid.color": "#e4e8ec",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}
Span = tuple[float, float]


def strips(values: Mapping[str, ArrayLike], label: str, limits: Span | None = None) -> str:
    """A row of dots for each name, a dot for each value, with a tick at the mean; infinite ones are left out."""
    with _drawn(SMALL, 0.75 + 0.32 * max(1, len(values))) as (axes, out):
        for row, (name, each) in enumerate(values.items()):
            found = np.asarray(each, float)
            found = found[np.isfinite(found)]
            spread = np.random.default_rng(0).uniform(-0.22, 0.22, len(found))
            axes.plot(found, row + spread, "o", ms=3.5, alpha=0.55, mew=0, color=_colour(row))
            if len(found):
                axes.plot([found.mean()] * 2, [row - 0.36, row + 0.36], color="#1b1f24", lw=1.6)
            axes.plot([], [], label=name)
        axes.set_yticks(range(len(values)), [_short(name) for name in values])
        axes.set_ylim(len(values) - 0.5, -0.5)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(label)
        if limits is not None:
            axes.set_xlim(*limits)
    return out.getvalue()


def timeline(
    lines: Mapping[str, tuple[ArrayLike, ArrayLike]],
    label: str,
    limits: Span | None = None,
    spans: Sequence[Span] = (),
    dashed: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
) -> str:
    """Values over frames, a line for each name; `dashed` ones share its colour by place; `spans` are shaded."""
    with _drawn(WIDE, max(2.1, 0.4 + LEGEND_LINE * len({**lines, **(dashed or {})}))) as (axes, out):
        for start, end in spans:
            axes.axvspan(start - 0.5, end + 0.5, color="#f2cc8f", alpha=0.5, lw=0)
        for style, named in (("-", lines), ("--", dashed or {})):
            for row, (name, (x, y)) in enumerate(named.items()):
                marker = "." if np.size(x) < 60 else None
                axes.plot(x, y, style, label=_short(name), color=_colour(row), lw=1.2, marker=marker, ms=4)
        axes.set_xlabel("frame")
        axes.set_ylabel(label)
        if limits is not None:
            axes.set_ylim(*limits)
        if lines or dashed:
            axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8)
    return out.getvalue()


def reliability(confidence: ArrayLike, accuracy: ArrayLike, count: ArrayLike) -> str:
    """How often answers are right against how sure they were, by bins; a bin's dot is as large as its share."""
    with _drawn(SMALL, SMALL) as (axes, out):
        share = np.asarray(count, float) / max(1.0, float(np.sum(count)))
        axes.plot([0, 1], [0, 1], color="#8c959f", lw=1, ls=":")
        axes.plot(confidence, accuracy, color=_colour(0), lw=1.2)
        axes.scatter(confidence, accuracy, s=12 + 160 * share, color=_colour(0), alpha=0.8)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel("how sure")
        axes.set_ylabel("how often right")
    return out.getvalue()


def curves(
    lines: Mapping[str, tuple[ArrayLike, ArrayLike]], across: str, up: str, limits: Span | None = None
) -> str:
    """Lines over one axis, small; `limits` of the values where drawings are compared."""
    with _drawn(SMALL, 2.8) as (axes, out):
        for row, (name, (x, y)) in enumerate(lines.items()):
            marker = "o" if np.size(x) < 20 else None
            axes.plot(x, y, label=_short(name), color=_colour(row), lw=1.4, marker=marker, ms=3.5)
        axes.set_xlabel(across)
        axes.set_ylabel(up)
        if limits is not None:
            axes.set_ylim(*limits)
        axes.legend(fontsize=8)
    return out.getvalue()


def heat_map(values: ArrayLike, rows: Sequence[str], columns: Sequence[str], across: str, up: str) -> str:
    """A number in each cell of (R, C), darker where it is larger; NaN is left white."""
    table = np.asarray(values, float)
    known = table[np.isfinite(table)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    with _drawn(max(SMALL, 1.2 + 0.55 * len(columns)), 1.1 + 0.38 * len(rows)) as (axes, out):
        axes.imshow(
            table, cmap="Blues", vmin=low - 0.2 * (high - low) - 1e-9, vmax=high + 1e-9, aspect="auto"
        )
        for (row, column), value in np.ndenumerate(table):
            if np.isfinite(value):
                dark = value > low + 0.6 * (high - low)
                axes.text(
                    column, row, f"{value:.2f}", ha="center", va="center", color="w" if dark else "k", size=8
                )
        axes.set_xticks(range(len(columns)), [_short(name) for name in columns], rotation=30, ha="right")
        axes.set_yticks(range(len(rows)), [_short(name) for name in rows])
        axes.grid(visible=False)
        axes.set_xlabel(across)
        axes.set_ylabel(up)
    return out.getvalue()


@contextmanager
def _drawn(width: float, height: float) -> Iterator[tuple["Axes", StringIO]]:
    """Axes to draw in, and the text that holds the SVG afterwards."""
    require_drawing()
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    out = StringIO()
    with rc_context(STYLE):
        figure: Any = Figure(figsize=(width, height))
        yield figure.add_subplot(), out
        whole = StringIO()
        figure.savefig(whole, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = whole.getvalue()
    out.write(text[text.index("<svg") :])


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _short(name: str, most: int = 24) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
