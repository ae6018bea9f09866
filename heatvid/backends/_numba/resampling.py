"""Values along rows and between them, with numba: the nearest, interpolated ones, and averages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray
from heatvid._values.sampling import AxisSamples
from heatvid.backends._numba.areas import along_area, between_area, fill_along, fill_between
from heatvid.backends._numba.jit import kernel


def along(frame: AnyArray, columns: AxisSamples, out: AnyArray, gaps: bool) -> None:
    """Interpolate along each row, (h, w) → (h, W), which may have ``gaps``, NaN."""
    if columns.taps is not None:
        _along_taps(frame, columns, out, gaps)
    elif columns.weight is not None:
        along_linear(frame, columns.first, columns.second, columns.weight, out)
    else:
        along_nearest(frame, columns.first, out)


def between(frame: AnyArray, rows: AxisSamples, out: AnyArray, gaps: bool) -> None:
    """Interpolate between rows, (h, W) → (H, W), which may have ``gaps``, NaN."""
    if rows.taps is not None:
        _between_taps(frame, rows, out, gaps)
    elif rows.weight is not None:
        between_linear(frame, rows.first, rows.second, rows.weight, out)
    else:
        between_nearest(frame, rows.first, out)


def _along_taps(frame: AnyArray, columns: AxisSamples, out: AnyArray, gaps: bool) -> None:
    """Bicubic interpolation along each row, or an average of an area."""
    taps, weights, own = columns.taps, columns.tap_weights, columns.own_weight
    assert taps is not None
    assert weights is not None
    if len(taps) == 1:
        along_linear(frame, columns.first, taps[0], weights[0], out)
    elif len(taps) == 3:
        along_cubic(frame, columns.first, taps, weights, out)
    else:
        along_area(frame, columns.first, taps, weights, out)
    if own is not None and gaps:
        fill_along(frame, columns.first, taps, own, weights, out)


def _between_taps(frame: AnyArray, rows: AxisSamples, out: AnyArray, gaps: bool) -> None:
    """Bicubic interpolation between rows, or an average of an area."""
    taps, weights, own = rows.taps, rows.tap_weights, rows.own_weight
    assert taps is not None
    assert weights is not None
    if len(taps) == 1:
        between_linear(frame, rows.first, taps[0], weights[0], out)
    elif len(taps) == 3:
        between_cubic(frame, rows.first, taps, weights, out)
    else:
        between_area(frame, rows.first, taps, weights, out)
    if own is not None and gaps:
        fill_between(frame, rows.first, taps, own, weights, out)


@kernel
def along_nearest(frame: AnyArray, first: NDArray[np.intp], out: AnyArray) -> None:
    """Take the nearest of each row."""
    for r in range(frame.shape[0]):
        line, result = frame[r], out[r]
        for i in range(len(first)):
            result[i] = line[first[i]]


@kernel
def along_linear(
    frame: AnyArray,
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    weights: NDArray[np.float32],
    out: AnyArray,
) -> None:
    """Interpolate each row, ``a + (b - a) * f``."""
    for r in range(frame.shape[0]):
        line, result = frame[r], out[r]
        for i in range(len(first)):
            value = line[first[i]]
            result[i] = value + (line[second[i]] - value) * weights[i]


@kernel
def along_cubic(
    frame: AnyArray,
    first: NDArray[np.intp],
    taps: NDArray[np.intp],
    weights: NDArray[np.float32],
    out: AnyArray,
) -> None:
    """Add the weighted differences of three taps to each value of a row."""
    for r in range(frame.shape[0]):
        line, result = frame[r], out[r]
        for i in range(len(first)):
            value = line[first[i]]
            total = value + (line[taps[0, i]] - value) * weights[0, i]
            total += (line[taps[1, i]] - value) * weights[1, i]
            result[i] = total + (line[taps[2, i]] - value) * weights[2, i]


@kernel
def between_nearest(frame: AnyArray, first: NDArray[np.intp], out: AnyArray) -> None:
    """Take the nearest rows."""
    for r in range(out.shape[0]):
        line, result = frame[first[r]], out[r]
        for i in range(out.shape[1]):
            result[i] = line[i]


@kernel
def between_linear(
    frame: AnyArray,
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    weights: NDArray[np.float32],
    out: AnyArray,
) -> None:
    """Interpolate between two rows, ``a + (b - a) * f``."""
    for r in range(out.shape[0]):
        line, other = frame[first[r]], frame[second[r]]
        weight, result = weights[r], out[r]
        for i in range(out.shape[1]):
            result[i] = line[i] + (other[i] - line[i]) * weight


@kernel
def between_cubic(
    frame: AnyArray,
    first: NDArray[np.intp],
    taps: NDArray[np.intp],
    weights: NDArray[np.float32],
    out: AnyArray,
) -> None:
    """Add the weighted differences of three rows to each row."""
    for r in range(out.shape[0]):
        line, result = frame[first[r]], out[r]
        one, two, three = (
            frame[taps[0, r]],
            frame[taps[1, r]],
            frame[taps[2, r]],
        )
        w1, w2, w3 = weights[0, r], weights[1, r], weights[2, r]
        for i in range(out.shape[1]):
            value = line[i]
            total = value + (one[i] - value) * w1
            total += (two[i] - value) * w2
            result[i] = total + (three[i] - value) * w3
