"""Where a field shrinks, in NumPy: averages with gaps, and the most frequent label of an area.

See heatvid._values.sampling for what they are.
"""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray
from heatvid._values.sampling import LEAST_KNOWN, AxisSamples, evenly

PAIRS = 9  # labels of an area, up to which each is compared with each
MANY = 0.25  # of all pixels, from which on it is faster not to pick them out; measured


def fill_known(frame: AnyArray, samples: AxisSamples, out: AnyArray) -> None:
    """Average what is known, along each row, where ``out`` is NaN: the averages of all samples."""
    assert samples.taps is not None
    assert samples.own_weight is not None
    assert samples.tap_weights is not None
    missing = np.isnan(out)
    weights = np.concatenate([samples.own_weight[None], samples.tap_weights])
    taps = np.concatenate([samples.first[None], samples.taps])
    if len(taps) == 2:  # the one that is known, if one is
        for value, weight in zip(_each(frame, samples, taps), weights, strict=True):
            np.copyto(out, value, where=missing & (weight >= LEAST_KNOWN))
            missing &= np.isnan(out)
    elif missing.mean() > MANY:
        average = _average_known(_each(frame, samples, taps), weights)
        np.copyto(out, average, where=missing)
    else:
        rows, columns = np.nonzero(missing)
        values = list(frame[rows, taps[:, columns]])
        out[rows, columns] = _average_known(values, weights[:, columns])


def _each(frame: AnyArray, samples: AxisSamples, taps: NDArray[np.intp]) -> list[AnyArray]:
    """The samples of all areas, one after the other."""
    steps = zip(taps, samples.steps, strict=True)
    return [frame[:, places if step is None else step] for places, step in steps]


def _average_known(values: list[AnyArray], weights: NDArray[np.float32]) -> AnyArray:
    """Average without NaN; one weight a sample and last place."""
    first = values[0].copy()
    share = np.zeros(first.shape, np.float32)
    for value, weight in zip(values, weights, strict=True):
        known = value == value
        share += weight * known
        np.copyto(first, value, where=first != first)
    total = first.copy()
    for value, weight in zip(values, weights, strict=True):
        term = (value - first) * (weight / share)
        np.add(total, term, out=total, where=value == value)
    np.copyto(total, np.nan, where=~(share >= LEAST_KNOWN))
    return total


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
