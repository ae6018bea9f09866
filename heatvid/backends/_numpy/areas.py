"""The most frequent label of each area, where labels shrink; see heatvid._values.sampling."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray
from heatvid._values.sampling import AxisSamples, evenly

PAIRS = 9  # labels of an area, up to which each is compared with each
MANY = 0.25  # of all pixels, from which on it is faster not to pick them out; measured


def most_frequent(
    frame: AnyArray, rows: AxisSamples, columns: AxisSamples, out: AnyArray
) -> AnyArray:
    """Fill ``out``, shape (H, W), with the most frequent label of each area of a frame (h, w).

    The smallest of equally frequent ones; NaN is one label, and the largest.
    """
    tall, wide = counts(rows), counts(columns)
    for height, width in product(np.unique(tall).tolist(), np.unique(wide).tolist()):
        own = np.flatnonzero(tall == height), np.flatnonzero(wide == width)
        above, left = rows.first[own[0]], columns.first[own[1]]
        cells = [_taken(frame, above + y, left + x) for y in range(height) for x in range(width)]
        out[np.ix_(*own)] = _most_frequent(cells)
    return out


def _taken(frame: AnyArray, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> AnyArray:
    own = evenly(rows), evenly(columns)
    return frame[np.ix_(rows, columns)] if None in own else frame[own]


def counts(axis: AxisSamples) -> NDArray[np.intp]:
    """How many labels each area has along an axis."""
    if axis.last is None:
        return np.ones_like(axis.first)
    return axis.last - axis.first + 1


def _most_frequent(cells: list[AnyArray]) -> AnyArray:
    """Compare cells of equal shape; they are counted where they differ only."""
    shown = cells[0].copy()
    mixed = np.zeros(shown.shape, np.bool_)
    for other in cells[1:]:
        mixed |= other != shown
    share = mixed.mean()
    count = _by_pairs if len(cells) <= PAIRS else _by_order
    if share > MANY:
        return count([np.ascontiguousarray(cell) for cell in cells])
    if share:
        shown[mixed] = count([cell[mixed] for cell in cells])
    return shown


def _equal(one: AnyArray, other: AnyArray) -> NDArray[np.bool_]:
    equal: NDArray[np.bool_] = one == other
    if one.dtype.kind == "f":
        equal |= (one != one) & (other != other)
    return equal


def _by_pairs(cells: list[AnyArray]) -> AnyArray:
    """Count each label among those beside and behind it."""
    best, most = cells[0].copy(), np.zeros(cells[0].shape, np.uint8)
    for i, label in enumerate(cells):
        times = np.ones(label.shape, np.uint8)
        for other in cells[i + 1 :]:
            times += _equal(label, other)
        smaller = (label < best) | ((best != best) & (label == label))
        better = (times > most) | ((times == most) & smaller)
        np.copyto(best, label, where=better)
        np.copyto(most, times, where=better)
    return best


def _by_order(cells: list[AnyArray]) -> AnyArray:
    """Count each label among the sorted ones."""
    labels = np.sort(np.stack(cells), axis=0)  # NaN last
    best: AnyArray = labels[0].copy()
    run, longest = np.ones((2, *best.shape), np.int32)
    for before, label in pairwise(labels):
        run *= _equal(label, before)
        run += 1
        longer = run > longest
        np.copyto(best, label, where=longer)
        np.copyto(longest, run, where=longer)
    return best
