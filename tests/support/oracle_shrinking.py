"""What an axis along which a field shrinks has to show: averages over areas, and labels counted.

Areas and shares are exact fractions; nothing of heatvid is used.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Stretched(NamedTuple):
    """A whole axis of a field on all of a canvas's; oracle_ways has parts of both."""

    field: int
    stop: int
    offset: Fraction = Fraction(0)
    start: int = 0

    @property
    def extent(self) -> Fraction:
        return Fraction(self.field)


def shrinks(axis: Any) -> bool:
    return bool(axis.extent > axis.stop - axis.start)


def areas(axis: Any) -> list[tuple[Fraction, Fraction]]:
    """Where the area of each canvas sample begins and ends, the field's own edges at most."""
    step = Fraction(axis.extent) / (axis.stop - axis.start)
    ends = [axis.offset + i * step for i in range(axis.stop - axis.start + 1)]
    inside = [min(max(end, Fraction(0)), Fraction(axis.field)) for end in ends]
    return list(itertools.pairwise(inside))


@lru_cache(10_000)
def shares(axis: Any) -> list[list[tuple[int, np.float32]]]:
    """The field's samples in each area, and the share of it that they cover."""
    result = []
    for low, high in areas(axis):
        if low == high:  # beyond the field, whose edge is repeated
            result.append([(min(int(low), axis.field - 1), np.float32(1))])
            continue
        cells = range(math.floor(low), math.ceil(high))
        covered = [(min(high, Fraction(c + 1)) - max(low, Fraction(c))) for c in cells]
        total = sum(covered, Fraction(0))
        result.append(
            [(c, np.float32(float(own / total))) for c, own in zip(cells, covered, strict=True)]
        )
    return result


def averaged(values: NDArray[Any], axis: Any) -> NDArray[Any]:
    """Average the last axis, one sample after the other."""
    out = np.empty((*values.shape[:-1], axis.stop - axis.start), values.dtype)
    for i, parts in enumerate(shares(axis)):
        own = total = values[..., parts[0][0]]
        for cell, weight in parts[1:]:
            total = total + (values[..., cell] - own) * weight
        out[..., i] = total
        for place in np.argwhere(np.isnan(total)):
            out[(*place, i)] = _average([(values[(*place, cell)], w) for cell, w in parts])
    return out


def _average(parts: list[tuple[Any, np.float32]]) -> Any:
    """Average what is known, where that is half of the area."""
    known = [(value, weight) for value, weight in parts if value == value]
    share = np.float32(0)
    for _, weight in known:
        share = share + weight
    if share < 0.5:
        return np.nan
    first = total = known[0][0]
    for value, weight in known:
        total = total + (value - first) * (weight / share)
    return total


def most_frequent(labels: NDArray[Any], rows: Any, columns: Any) -> NDArray[Any]:
    """The label that most cells of an area have, of those whose centre lies in it."""
    tall, wide = _centres(rows), _centres(columns)
    out = np.empty((len(tall), len(wide)), labels.dtype)
    for y, own_rows in enumerate(tall):
        for x, own_columns in enumerate(wide):
            out[y, x] = _most([labels[r, c] for r in own_rows for c in own_columns])
    return out


def _centres(axis: Any) -> list[list[int]]:
    if not shrinks(axis):
        step = Fraction(axis.extent) / (axis.stop - axis.start)
        places = [axis.offset + (i + Fraction(1, 2)) * step for i in range(axis.stop - axis.start)]
        return [[min(max(math.floor(place), 0), axis.field - 1)] for place in places]
    half = Fraction(1, 2)
    return [[c for c in range(axis.field) if low <= c + half < high] for low, high in areas(axis)]


def _most(labels: list[Any]) -> Any:
    nothing = [label for label in labels if label != label]
    counts = Counter(label.item() for label in labels if label == label)
    most = max([*counts.values(), 0])
    if len(nothing) > most:
        return nothing[0]
    return min(label for label, count in counts.items() if count == most)
