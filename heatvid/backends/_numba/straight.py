"""Colours and the opacity beside them, with numba, as heatvid.backends._numpy.straight has them.

What a band shows lies in planes, shape (3, rows, W) int32: levels, or luma and chroma of 24 bits
with its fraction; and in its opacity, shape (rows, W) int32 in 0..65536.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colorspace import FIXED_BITS, HALF, MATRIX_BITS
from heatvid._frames import AnyArray, Bytes
from heatvid.backends._numba.fronts import Ints, weighted, weights_of
from heatvid.backends._numba.jit import kernel


@kernel
def straight_colors(rgb: Bytes, matrix: Ints, offset: Ints, bits: int, out: Ints) -> None:
    """Levels of RGB, shape (3, rows, W), as the canvas has them.

    ``matrix`` is that of YCbCr, shape (3, 3), with ``offset``; or empty, where the canvas is RGB.
    """
    whole, fine = MATRIX_BITS + 8 - bits, MATRIX_BITS + 8 - FIXED_BITS
    most = np.int32((1 << FIXED_BITS) - (1 << (FIXED_BITS - bits)))
    for r in range(rgb.shape[1]):
        planes = (rgb[0, r], rgb[1, r], rgb[2, r])
        for channel in range(3):
            line = out[channel, r]
            if len(matrix) == 0:
                copy_levels(rgb[channel, r], line)
                continue
            weights, shift = weights_of(matrix, channel), whole if channel == 0 else fine
            weigh(planes, weights, offset[channel] + np.int32(1 << (shift - 1)), shift, most, line)


@kernel
def copy_levels(levels: Any, out: Any) -> None:
    """One row as it is."""
    for i in range(len(out)):
        out[i] = levels[i]


@kernel
def weigh(planes: Any, weights: Any, start: Any, shift: Any, most: Any, out: Any) -> None:
    """One row of one channel by the integer matrix."""
    red, green, blue = planes
    for i in range(len(out)):
        value = weighted(weights, (red[i], green[i], blue[i]), start) >> shift
        out[i] = min(np.int32(value), most)


@kernel
def write_straight(
    colors: Ints, opacity: Ints, top: int, starts: NDArray[np.intp], step: int, most: int,
    fraction: int, out: AnyArray,
) -> None:  # fmt: skip
    """Write pixels of four samples each, at canvas row ``top``.

    Parameters
    ----------
    colors, opacity : ndarray
    top : int
    starts : ndarray, shape (4,)
        Places of the first sample of each channel, the last of them the alpha.
    step : int
        Samples from one of a channel to the next.
    most : int
        The largest level.
    fraction : int
        Bits of it that the second and the third channel have.
    out : ndarray
        The frame, one element a sample.
    """
    height, width = opacity.shape
    for r in range(height):
        place = (top + r) * width * step
        write_channel(colors[0, r], 0, step, out[starts[0] + place :])
        write_channel(colors[1, r], fraction, step, out[starts[1] + place :])
        write_channel(colors[2, r], fraction, step, out[starts[2] + place :])
        write_alpha(opacity[r], most, step, out[starts[3] + place :])


@kernel
def write_channel(line: Any, fraction: int, step: int, out: Any) -> None:
    """Write one channel of one row, a sample in every ``step``, rounded."""
    half = np.int32((1 << fraction) >> 1)
    for i in range(len(line)):
        out[i * step] = np.int32(line[i] + half) >> fraction


@kernel
def write_alpha(opacity: Any, most: int, step: int, out: Any) -> None:
    """Write the alpha of one row."""
    for i in range(len(opacity)):
        out[i * step] = alpha_of(opacity[i], most)


@kernel
def alpha_of(opacity: Any, most: Any) -> Any:
    """A level of alpha."""
    return np.int32(np.int32(opacity) * np.int32(most) + np.int32(HALF)) >> np.int32(16)


@kernel
def write_straight_blocks(
    colors: Ints, opacity: Ints, top: int, cb: int, cr: int, alpha: int, out: Bytes
) -> None:
    """Write pixels of 8 bits at canvas row ``top``, an even one, chroma of half the size."""
    height, width = opacity.shape
    for r in range(height):
        place = (top + r) * width
        write_channel(colors[0, r], 0, 1, out[place:])
        write_alpha(opacity[r], 255, 1, out[alpha + place :])
    for r in range(0, height, 2):
        place = (top + r) // 2 * (width // 2)
        for channel, start in ((1, cb + place), (2, cr + place)):
            rows = (colors[channel, r], colors[channel, r + 1], opacity[r], opacity[r + 1])
            write_mean_row(*rows, out[start:])


@kernel
def write_mean_row(above: Any, below: Any, seen: Any, seen_below: Any, out: Any) -> None:
    """Write one row of means of blocks, each pixel as much as it is seen."""
    for i in range(len(above) // 2):
        j, k = 2 * i, 2 * i + 1
        a, b = alpha_of(seen[j], 255), alpha_of(seen[k], 255)
        c, d = alpha_of(seen_below[j], 255), alpha_of(seen_below[k], 255)
        if a == b and a == c and a == d:  # the plain mean, without a division
            total = np.int32(above[j] + above[k]) + np.int32(below[j] + below[k])
            out[i] = np.int32(total + np.int32(4 * HALF)) >> np.int32(18)
            continue
        weight = np.uint64(np.int32(a + b) + np.int32(c + d))
        parts = np.int64(above[j]) * a + np.int64(above[k]) * b
        parts += np.int64(below[j]) * c + np.int64(below[k]) * d
        out[i] = (np.uint64(parts) + (weight << np.uint64(15))) // (weight << np.uint64(16))
