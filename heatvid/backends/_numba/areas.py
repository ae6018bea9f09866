"""Where a field shrinks, with numba: averages over areas, and their most frequent labels.

See heatvid._values.sampling for what they are, and heatvid.backends._numpy.areas.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray
from heatvid._values.sampling import LEAST_KNOWN, AxisSamples
from heatvid.backends._numba.jit import kernel
from heatvid.backends._numba.jit.primitives import load
from heatvid.backends._numba.memory import View
from heatvid.backends._numpy.areas import counts, most_frequent


@kernel
def along_area(
    frame: AnyArray,
    first: NDArray[np.intp],
    taps: NDArray[np.intp],
    weights: NDArray[np.float32],
    out: AnyArray,
) -> None:
    """Add the weighted differences of all taps to each value of a row."""
    for r in range(frame.shape[0]):
        line, result = frame[r], out[r]
        for i in range(len(first)):
            value = line[first[i]]
            total = value
            for tap in range(taps.shape[0]):
                total += (line[taps[tap, i]] - value) * weights[tap, i]
            result[i] = total


@kernel
def between_area(
    frame: AnyArray,
    first: NDArray[np.intp],
    taps: NDArray[np.intp],
    weights: NDArray[np.float32],
    out: AnyArray,
) -> None:
    """Add the weighted differences of all taps to each row."""
    for r in range(out.shape[0]):
        line, result = frame[first[r]], out[r]
        for i in range(out.shape[1]):
            result[i] = line[i]
        for tap in range(taps.shape[0]):
            add_row(line, frame[taps[tap, r]], weights[tap, r], result)


@kernel
def add_row(line: Any, other: Any, weight: Any, out: Any) -> None:
    """Add what one row differs, weighted."""
    for i in range(len(out)):
        out[i] += (other[i] - line[i]) * weight


@kernel
def fill_along(
    frame: AnyArray,
    first: NDArray[np.intp],
    taps: NDArray[np.intp],
    own: NDArray[np.float32],
    weights: NDArray[np.float32],
    out: AnyArray,
) -> None:
    """Average what is known of each row where the average of all is NaN."""
    least = np.float32(LEAST_KNOWN)
    for r in range(frame.shape[0]):
        line, result = frame[r], out[r]
        if len(taps) == 1:
            other = taps[0]
            for i in range(len(first)):
                value, one, two = result[i], line[first[i]], line[other[i]]
                one = one if own[i] >= least else value
                two = two if weights[0, i] >= least else value
                one = one if one == one else two
                result[i] = value if value == value else one
            continue
        for i in range(len(first)):
            if result[i] != result[i]:
                result[i] = known(line, first[i], taps, own[i], weights, i)


@kernel
def fill_between(
    frame: AnyArray,
    first: NDArray[np.intp],
    taps: NDArray[np.intp],
    own: NDArray[np.float32],
    weights: NDArray[np.float32],
    out: AnyArray,
) -> None:
    """As :func:`fill_along`, between rows."""
    least = np.float32(LEAST_KNOWN)
    for r in range(out.shape[0]):
        result = out[r]
        if len(taps) == 1:
            above, below = frame[first[r]], frame[taps[0, r]]
            takes_one, takes_two = own[r] >= least, weights[0, r] >= least
            for i in range(len(result)):
                value = result[i]
                one = above[i] if takes_one else value
                two = below[i] if takes_two else value
                one = one if one == one else two
                result[i] = value if value == value else one
            continue
        for i in range(len(result)):
            if result[i] != result[i]:
                result[i] = known(frame[:, i], first[r], taps, own[r], weights, r)


@kernel
def known(line: Any, place: Any, taps: Any, own: Any, weights: Any, at: Any) -> Any:
    """Average of what is not NaN, where that is half of the weight or more."""
    start = line[place]
    share = own if start == start else np.float32(0)
    for tap in range(taps.shape[0]):
        value = line[taps[tap, at]]
        share += weights[tap, at] if value == value else np.float32(0)
        start = start if start == start else value
    if not share >= np.float32(LEAST_KNOWN):
        return start + line.dtype.type(np.nan)
    value = line[place]
    total = start
    if value == value:
        total += (value - start) * (own / share)
    for tap in range(taps.shape[0]):
        value = line[taps[tap, at]]
        term = (value - start) * (weights[tap, at] / share)
        total += term if value == value else line.dtype.type(0)
    return total


def count_labels(
    frame: View, rows: AxisSamples, columns: AxisSamples, top: int, out: AnyArray
) -> None:
    """Fill ``out``, bits of shape (rows, W), with the most frequent labels from row ``top`` on."""
    bottom = top + len(out)
    if frame.dtype == np.float16:  # kernels do not compare halves
        used, own = rows.part(top, bottom)
        most_frequent(frame.owner[used], own, columns, out.view(np.float16))
        return
    above, tall = rows.first[top:bottom], counts(rows)[top:bottom]
    left, wide = columns.first, counts(columns)
    cells = np.empty(int(tall.max() * wide.max()), frame.plain)
    places = above * frame.row, tall, left * frame.column, wide
    count(frame.address, *places, frame.row, frame.column, cells, out.view(frame.plain))


@kernel
def count(
    address: int,
    above: NDArray[np.intp],
    tall: NDArray[np.intp],
    left: NDArray[np.intp],
    wide: NDArray[np.intp],
    row: int,
    column: int,
    cells: AnyArray,
    out: AnyArray,
) -> None:
    """Take the most frequent label of each area, ``tall`` rows from ``above`` on, in bytes.

    ``cells`` is scratch, for the labels of an area.
    """
    for r in range(out.shape[0]):
        rows = tall[r]
        for i in range(out.shape[1]):
            start = address + above[r] + left[i]
            columns, mixed = wide[i], False
            for y in range(rows):
                for x in range(columns):
                    label = load(start + y * row + x * column, cells.dtype)
                    cells[y * columns + x] = label
                    mixed |= label != cells[0]
            out[r, i] = most(cells[: rows * columns]) if mixed else cells[0]


@kernel
def most(cells: Any) -> Any:
    """The most frequent of some labels, the smallest of equals; NaN is one, and the largest."""
    best, often = cells[0], 0
    for i in range(len(cells)):
        if len(cells) - i < often:
            break
        label, times = cells[i], 0
        for j in range(i, len(cells)):
            times += (cells[j] == label) | ((cells[j] != cells[j]) & (label != label))
        smaller = (label < best) | ((best != best) & (label == label))
        if times > often or (times == often and smaller):
            best, often = label, times
    return best
