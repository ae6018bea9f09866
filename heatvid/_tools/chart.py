"""Tables and histograms as lines of text, for the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from heatvid._statistics.summary import Summary

_BAR_WIDTH = 40
_EIGHTHS = " ▏▎▍▌▋▊▉"
_MARKED = {1.0: "1%", 50.0: "median", 99.0: "99%"}


def table(label: str, rows: Sequence[Sequence[Any]]) -> list[str]:
    """Rows of texts and numbers in columns, the first row behind ``label``."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(map(str.rjust, row, widths)) for row in cells]
    first = label.ljust(15) if label else "  "
    rest = " " * len(first)
    return [f"{rest if i else first}{line}".rstrip() for i, line in enumerate(lines)]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if 1e4 <= abs(value) < 1e6 else f"{value:.4g}"
    return "" if value is None else str(value)


def chart(summary: Summary, distinct: dict[int, int]) -> list[str]:
    """How many values lie where; bars grow with the cube root, so that the tails are seen.

    Parameters
    ----------
    summary : Summary
        With its histogram.
    distinct : dict of int to int
        How often each value occurs, where they are few.
    """
    if not summary.histogram or summary.minimum is None or summary.maximum is None:
        return []
    if distinct:
        heads, edges, counts = "value", list(map(float, distinct)), list(distinct.values())
    else:
        low, step = float(summary.minimum), _step(summary)
        heads, counts = "values from", list(summary.histogram)
        edges = [low + i * step for i in range(len(counts))]
        if not step:
            heads, edges, counts = "value", [low], [sum(counts)]
    texts, most = _aligned(edges), max(counts)
    marks = _marks(summary, edges)
    width = max(len(heads), *map(len, texts))
    lines = [f"  {heads:>{width}}    share  drawn as its cube root"]
    for text, count, mark in _without_gaps(texts, counts, marks):
        share = _share(count, sum(counts)) if count or text != "⋮" else ""
        row = f"  {text:>{width}}  {share:>7}  {_bar(count, most)}"
        lines.append(f"{row} {mark}".rstrip() if mark else row.rstrip())
    return lines


def _step(summary: Summary) -> float:
    assert summary.minimum is not None
    assert summary.maximum is not None
    bins = len(summary.histogram)
    return float(summary.maximum) / bins - float(summary.minimum) / bins


def _aligned(edges: Sequence[float]) -> list[str]:
    """Numbers with as many decimals as tell them apart."""
    step = min((b - a for a, b in pairwise(edges)), default=0.0)
    largest = max(map(abs, edges))
    if all(edge == int(edge) for edge in edges) and largest < 1e9:
        return [f"{edge:.0f}" for edge in edges]
    if not step or not 1e-4 <= largest < 1e6:
        return [f"{edge:.3e}" if step else f"{edge:.6g}" for edge in edges]
    decimals = min(max(0, math.ceil(-math.log10(step)) + 1), 9)
    return [f"{edge:.{decimals}f}" for edge in edges]


def _marks(summary: Summary, edges: Sequence[float]) -> list[str]:
    """What the percentiles are called, at the rows that they lie in."""
    marks = [""] * len(edges)
    for q, word in _MARKED.items():
        value = summary.percentiles.get(q)
        if value is not None and len(edges) > 1:
            row = max(0, sum(edge <= value for edge in edges) - 1)
            marks[row] = f"{marks[row]}, {word}" if marks[row] else f"◂ {word}"
    return marks


def _without_gaps(
    texts: Sequence[str], counts: Sequence[int], marks: Sequence[str]
) -> list[tuple[str, int, str]]:
    """Rows, with three or more empty ones in a row as one."""
    rows: list[tuple[str, int, str]] = []
    start = 0
    while start < len(counts):
        stop = start
        while stop < len(counts) and not counts[stop]:
            stop += 1
        if stop - start >= 3:
            rows.append(("⋮", 0, ""))
            start = stop
        else:
            rows.append((texts[start], counts[start], marks[start]))
            start += 1
    return rows


def _share(count: int, total: int) -> str:
    share = 100 * count / total
    return "" if not count else "<0.01%" if share < 0.01 else f"{share:.2f}%"


def _bar(count: int, most: int) -> str:
    if not count:
        return ""
    eighths = max(1, round(8 * _BAR_WIDTH * math.cbrt(count / most)))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
