"""Bands of plain colour and its opacity, with numba: what fronts and blend modes begin with.

RGB lies in planes, shape (3, rows, W) uint8, so that a loop goes along one of them; opacity, shape
(rows, W) int32, is in 0..65536.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._color.flow_wheel import ARCTANGENT, BEYOND, HALF_TURN, QUARTER_TURN, ROUNDING
from heatvid._frames import AnyArray, Bytes
from heatvid.backends._numba.jit import kernel
from heatvid.backends._numba.jit.primitives import array_at

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
    places: AnyArray,
    radii: AnyArray,
    rgb: Bytes,
    out: Ints,
) -> None:
    """RGB and opacity of a flow, in the precision of ``wheel``, as heatvid.backends._numpy.flows.

    ``wheel`` has a row for each channel, shape (3, 56), whose last hue is the first again;
    ``places`` and ``radii`` are scratch, shape (W,).
    """
    kind, width, known, unknown = wheel.dtype, out.shape[1], alpha[0], alpha[1]
    scale = kind.type(longest)
    for r in range(out.shape[0]):
        right = array_at(u_address + r * u_stride, width, dtype)
        down = array_at(v_address + r * v_stride, width, dtype)
        place_flow(right, down, kind, places)
        measure_flow(right, down, scale, kind, radii)
        for channel in range(3):
            take_hues(places, radii, wheel[channel], kind, bad[channel], rgb[channel, r])
        opacity = out[r]
        for i in range(width):
            opacity[i] = unknown if places[i] < 0 else known


@kernel
def place_flow(right: Any, down: Any, kind: Any, out: Any) -> None:
    """Places on the wheel of one row, as heatvid.backends._numpy.flows; -1 where one is NaN."""
    zero, one, none = kind.type(0), kind.type(1), kind.type(-1)
    quarter, half = kind.type(QUARTER_TURN), kind.type(HALF_TURN)
    c0, c1 = kind.type(ARCTANGENT[0]), kind.type(ARCTANGENT[1])
    c2, c3 = kind.type(ARCTANGENT[2]), kind.type(ARCTANGENT[3])
    c4, c5 = kind.type(ARCTANGENT[4]), kind.type(ARCTANGENT[5])
    c6, c7 = kind.type(ARCTANGENT[6]), kind.type(ARCTANGENT[7])
    for i in range(len(out)):
        u, v = kind.type(right[i]), kind.type(down[i])
        x, y = abs(u), abs(v)
        longer = x if x > y else y
        t = (y if x > y else x) / (longer if longer > zero else one)
        s = t * t
        hues = ((((((c7 * s + c6) * s + c5) * s + c4) * s + c3) * s + c2) * s + c1) * s + c0
        hues = hues * t
        hues = quarter - hues if y > x else hues
        hues = half - hues if u > zero else hues
        place = half + hues if v < zero else half - hues
        out[i] = none if (u != u) | (v != v) else place


@kernel
def measure_flow(right: Any, down: Any, scale: Any, kind: Any, out: Any) -> None:
    """Lengths of one row over that of full saturation; what rounding puts beyond that is not."""
    one, reached = kind.type(1), kind.type(1 + ROUNDING)
    for i in range(len(out)):
        x, y = kind.type(right[i]) / scale, kind.type(down[i]) / scale
        radius = np.sqrt(x * x + y * y)
        out[i] = one if (radius > one) & (radius < reached) else radius


@kernel
def take_hues(places: Any, radii: Any, wheel: Any, kind: Any, bad: Any, out: Any) -> None:
    """Levels of one channel of one row."""
    zero, one, full, beyond = kind.type(0), kind.type(1), kind.type(255), kind.type(BEYOND)
    instead = np.uint8(bad)
    for i in range(len(out)):
        place, radius = places[i], radii[i]
        known = place >= zero
        place = place if known else zero
        first = np.uint32(np.int32(place))
        hue, fraction = wheel[first], place - kind.type(first)
        hue = hue + fraction * (wheel[first + np.uint32(1)] - hue)
        level = one - radius * (one - hue) if radius <= one else hue * beyond
        out[i] = np.uint8(np.int32(full * level)) if known else instead
