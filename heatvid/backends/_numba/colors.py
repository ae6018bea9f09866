"""Bands of plain colour and its opacity, with numba: what fronts and blend modes begin with.

RGB lies in planes, shape (3, rows, W) uint8, so that a loop goes along one of them; opacity, shape
(rows, W) int32, is in 0..65536.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._flow import BEYOND, ROUNDING
from heatvid._frames import AnyArray, Bytes
from heatvid.backends._numba.jit import array_at, kernel

Ints = NDArray[np.int32]

RGB_UNDER, RGB_OVER, RGB_NO_PLACE, RGB_NAN = 256, 257, 258, 259  # rows of a channel of RGB


@kernel
def take_colors(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    table: Bytes,
    alpha: Ints,
    rgb: Bytes,
    out: Ints,
) -> None:
    """RGB and opacity ``out`` of an index."""
    for r in range(out.shape[0]):
        index = array_at(address + r * stride, out.shape[1], dtype)
        for i in range(out.shape[1]):
            row = index[i]
            rgb[0, r, i], rgb[1, r, i], rgb[2, r, i] = table[row, 0], table[row, 1], table[row, 2]
            out[r, i] = alpha[row]


@kernel
def join_channels(
    red: AnyArray, green: AnyArray, blue: AnyArray, bad: Ints, alpha: Ints, rgb: Bytes, out: Ints
) -> None:
    """RGB and opacity of three indexes; where one is of NaN, colour and opacity are the bad ones.

    ``alpha`` is of a pixel with a colour and of a bad one; ``bad`` is the colour, shape (3,).
    """
    known, unknown = alpha[0], alpha[1]
    for r in range(out.shape[0]):
        one, two, three, opacity = red[r], green[r], blue[r], out[r]
        for i in range(len(opacity)):
            is_bad = (one[i] == RGB_NAN) | (two[i] == RGB_NAN) | (three[i] == RGB_NAN)
            opacity[i] = unknown if is_bad else known
        take_levels(one, two, three, bad[0], rgb[0, r])
        take_levels(two, three, one, bad[1], rgb[1, r])
        take_levels(three, one, two, bad[2], rgb[2, r])


@kernel
def take_levels(own: Any, second: Any, third: Any, bad: Any, out: Any) -> None:
    """Levels of one channel, in one row, beside the two others.

    0 is under its limits and where it has no place, 255 over them.
    """
    instead, full, none = np.uint8(bad), np.uint8(255), np.uint8(0)
    for i in range(len(out)):
        row = own[i]
        level = full if row == RGB_OVER else none
        level = np.uint8(row) if row < RGB_UNDER else level
        is_bad = (row == RGB_NAN) | (second[i] == RGB_NAN) | (third[i] == RGB_NAN)
        out[i] = instead if is_bad else level


@kernel
def color_flow(
    u_address: int,
    u_stride: int,
    v_address: int,
    v_stride: int,
    dtype: np.dtype[Any],
    longest: float,
    wheel: AnyArray,
    bad: Ints,
    alpha: Ints,
    rgb: Bytes,
    out: Ints,
) -> None:
    """RGB and opacity of a flow, as heatvid._flow has it, in the precision of ``wheel``."""
    kind, count = wheel.dtype, len(wheel)
    one, two, full = kind.type(1), kind.type(2), kind.type(255)
    scale = kind.type(longest) if longest > 0 else one
    reached, turn = kind.type(1 + ROUNDING), kind.type(math.pi)
    for r in range(out.shape[0]):
        right = array_at(u_address + r * u_stride, out.shape[1], dtype)
        down = array_at(v_address + r * v_stride, out.shape[1], dtype)
        for i in range(out.shape[1]):
            u, v = right[i], down[i]
            if u != u or v != v:
                rgb[0, r, i], rgb[1, r, i], rgb[2, r, i] = bad[0], bad[1], bad[2]
                out[r, i] = alpha[1]
                continue
            x, y = kind.type(u) / scale, kind.type(v) / scale
            radius = np.sqrt(x * x + y * y)
            radius = min(radius, one) if radius < reached else radius
            angle = math.atan2(-y, -x)
            place = (angle / turn + one) / two * kind.type(count - 1)
            first: Any = min(max(np.int64(place), 0), count - 1)
            fraction = kind.type(place - kind.type(first))
            second = (first + 1) % count
            for channel in range(3):
                color = wheel[first, channel]
                color = color + fraction * (wheel[second, channel] - color)
                pale = one - radius * (one - color)
                color = pale if radius <= one else color * kind.type(BEYOND)
                rgb[channel, r, i] = np.uint8(np.floor(full * color))
            out[r, i] = alpha[0]
