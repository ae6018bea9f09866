"""Fields that no table holds (RGB, flow, masked), and blend modes, with numba.

As in heatvid.backends._numpy.fronts: a band's front is its premultiplied channels in the canvas's
numbers with 16 bits of fraction, shape (rows, W, 3) int32, and what it lets through, shape
(rows, W) int32 in 0..65536. For the blend modes it is plain RGB and its opacity.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._colorspace import HALF, MATRIX_BITS, OPAQUE
from heatvid._flow import BEYOND, ROUNDING
from heatvid._frames import AnyArray, Bytes
from heatvid.backends._numba.jit import array_at, kernel, load

Ints = NDArray[np.int32]

RGB_UNDER, RGB_OVER, RGB_NO_PLACE, RGB_NAN = 256, 257, 258, 259  # rows of a channel of RGB
MODES = ("multiply", "screen", "lighten", "darken", "add")


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
    """RGB, shape (rows, W, 3), and opacity ``out``, shape (rows, W), of an index."""
    for r in range(out.shape[0]):
        index = array_at(address + r * stride, out.shape[1], dtype)
        for i in range(out.shape[1]):
            row = index[i]
            rgb[r, i, 0], rgb[r, i, 1], rgb[r, i, 2] = table[row, 0], table[row, 1], table[row, 2]
            out[r, i] = alpha[row]


@kernel
def take_front(
    address: int, stride: int, dtype: np.dtype[Any], table: Ints, through: Ints, front: Ints,
    out: Ints,
) -> None:  # fmt: skip
    """A front of an index."""
    for r in range(out.shape[0]):
        index = array_at(address + r * stride, out.shape[1], dtype)
        for i in range(out.shape[1]):
            row = index[i]
            front[r, i, 0], front[r, i, 1], front[r, i, 2] = (
                table[row, 0],
                table[row, 1],
                table[row, 2],
            )
            out[r, i] = through[row]


@kernel
def join_channels(
    red: AnyArray, green: AnyArray, blue: AnyArray, bad: Ints, alpha: Ints, rgb: Bytes, out: Ints
) -> None:
    """RGB and opacity of three indexes; where one is of NaN, colour and opacity are the bad ones.

    ``alpha`` is of a pixel with a colour and of a bad one; ``bad`` is the colour, shape (3,).
    """
    for r in range(out.shape[0]):
        for i in range(out.shape[1]):
            one, two, three = red[r, i], green[r, i], blue[r, i]
            if one == RGB_NAN or two == RGB_NAN or three == RGB_NAN:
                rgb[r, i, 0], rgb[r, i, 1], rgb[r, i, 2] = bad[0], bad[1], bad[2]
                out[r, i] = alpha[1]
            else:
                rgb[r, i, 0], rgb[r, i, 1], rgb[r, i, 2] = level(one), level(two), level(three)
                out[r, i] = alpha[0]


@kernel
def level(row: Any) -> Any:
    """Level of one channel: 0 under its limits and where it has no place, 255 over them."""
    if row < RGB_UNDER:
        return np.uint8(row)
    return np.uint8(255) if row == RGB_OVER else np.uint8(0)


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
                rgb[r, i, 0], rgb[r, i, 1], rgb[r, i, 2] = bad[0], bad[1], bad[2]
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
                rgb[r, i, channel] = np.uint8(np.floor(full * color))
            out[r, i] = alpha[0]


@kernel
def rgb_front(rgb: Bytes, opacity: Ints, matrix: Ints, offset: Ints, front: Ints) -> None:
    """A front of RGB and its opacity, which becomes what it lets through.

    ``matrix`` is that of YCbCr, shape (3, 3), with ``offset``; or empty, where the canvas is RGB.
    """
    half, fine = np.int32(1 << (MATRIX_BITS - 1)), np.int32(1 << (MATRIX_BITS - 17))
    shift, most = np.int32(MATRIX_BITS - 16), np.int32(255 << 16)
    for r in range(opacity.shape[0]):
        if len(matrix) == 0:
            for i in range(opacity.shape[1]):
                own = np.int64(opacity[r, i])
                for channel in range(3):
                    front[r, i, channel] = ((np.int64(rgb[r, i, channel]) << 16) * own + HALF) >> 16
                opacity[r, i] = OPAQUE - own
            continue
        luma, cb, cr = weights_of(matrix, 0), weights_of(matrix, 1), weights_of(matrix, 2)
        start, blue, red = offset[0] + half, offset[1] + fine, offset[2] + fine
        for i in range(opacity.shape[1]):
            own, color = np.int64(opacity[r, i]), (rgb[r, i, 0], rgb[r, i, 1], rgb[r, i, 2])
            one = (weighted(luma, color, start) >> MATRIX_BITS) << 16
            two = min(weighted(cb, color, blue) >> shift, most)
            three = min(weighted(cr, color, red) >> shift, most)
            front[r, i, 0] = (one * own + HALF) >> 16
            front[r, i, 1] = (two * own + HALF) >> 16
            front[r, i, 2] = (three * own + HALF) >> 16
            opacity[r, i] = OPAQUE - own


@kernel
def weights_of(matrix: Ints, channel: int) -> tuple[Any, Any, Any]:
    """One row of the matrix as numbers, which no write to another array can change."""
    return matrix[channel, 0], matrix[channel, 1], matrix[channel, 2]


@kernel
def weighted(weights: Any, color: Any, start: Any) -> Any:
    """Weighted sum of three channels, or of blocks of them, in fixed point."""
    total = np.int32(np.int32(color[0]) * weights[0]) + np.int32(np.int32(color[1]) * weights[1])
    return np.int32(np.int32(total + np.int32(np.int32(color[2]) * weights[2])) + np.int32(start))


@kernel
def mask_front(front: Ints, through: Ints, mask: Ints) -> None:
    """Weaken a front by a mask, shape (rows, W), in 0..65536."""
    for r in range(through.shape[0]):
        for i in range(through.shape[1]):
            own = np.int64(mask[r, i])
            for channel in range(3):
                front[r, i, channel] = (front[r, i, channel] * own + HALF) >> 16
            through[r, i] = OPAQUE - (((OPAQUE - through[r, i]) * own + HALF) >> 16)


@kernel
def mask_opacity(opacity: Ints, mask: Ints) -> None:
    """Weaken an opacity by a mask, both (rows, W), in 0..65536."""
    for r in range(opacity.shape[0]):
        for i in range(opacity.shape[1]):
            opacity[r, i] = (np.int64(opacity[r, i]) * mask[r, i] + HALF) >> 16


@kernel
def fixed_mask(address: int, stride: int, out: Ints) -> None:
    """A mask's float32 values 0..1, in 0..65536, rounded to even."""
    for r in range(out.shape[0]):
        line = array_at(address + r * stride, out.shape[1], np.float32)
        for i in range(out.shape[1]):
            value = line[i]
            value = value if value > np.float32(0) else np.float32(0)
            value = value if value < np.float32(1) else np.float32(1)
            out[r, i] = np.int32(np.rint(value * np.float32(OPAQUE)))


@kernel
def known_mask(address: int, row: int, column: int, out: AnyArray) -> None:
    """Read a mask, shape (h, w) float32; NaN is 0, infinities are finite."""
    most = np.finfo(np.float32).max
    for r in range(out.shape[0]):
        for i in range(out.shape[1]):
            value = load(address + r * row + i * column, np.float32)
            value = np.float32(0) if value != value else value
            value = most if value > most else value
            out[r, i] = -most if value < -most else value


@kernel
def put_under(front: Ints, through: Ints, under: NDArray[np.float64]) -> None:
    """Put one colour, shape (3,), in the canvas's numbers, behind a front, and close it."""
    for r in range(through.shape[0]):
        for i in range(through.shape[1]):
            own = through[r, i]
            if own:
                for channel in range(3):
                    front[r, i, channel] += np.int32(np.rint(under[channel] * own))
                through[r, i] = 0


@kernel
def write_front(
    front: Ints,
    through: Ints,
    top: int,
    one: int,
    two: int,
    three: int,
    row: int,
    step: int,
    background: Bytes,
    out: Bytes,
) -> None:
    """Write a front over a frame at canvas row ``top``, three samples a pixel."""
    height, width = through.shape
    for r in range(height):
        for i in range(width):
            place, own = (top + r) * row + i * step, through[r, i]
            for channel, start in enumerate((one, two, three)):
                below = np.int32(background[start + place]) * own if own else np.int32(0)
                out[start + place] = (front[r, i, channel] + below + HALF) >> 16


@kernel
def write_front_blocks(
    front: Ints,
    through: Ints,
    top: int,
    luma: int,
    cb: int,
    cr: int,
    row: int,
    step: int,
    background: Bytes,
    out: Bytes,
) -> None:
    """Write a front over a frame at canvas row ``top``, chroma of half the size."""
    height, width = through.shape
    for r in range(height):
        place = luma + (top + r) * width
        for i in range(width):
            own = through[r, i]
            below = np.int32(background[place + i]) * own if own else np.int32(0)
            out[place + i] = (front[r, i, 0] + below + HALF) >> 16
    for r in range(0, height, 2):
        for i in range(0, width, 2):
            place = (top + r) // 2 * row + i // 2 * step
            own = through[r, i] + through[r, i + 1] + through[r + 1, i] + through[r + 1, i + 1]
            for channel, start in ((1, cb), (2, cr)):
                total = front[r, i, channel] + front[r, i + 1, channel]
                total += front[r + 1, i, channel] + front[r + 1, i + 1, channel]
                below = np.int32(background[start + place]) * own if own else np.int32(0)
                out[start + place] = (total + below + 4 * HALF) >> 18


@kernel
def blend_rgb(rgb: Bytes, opacity: Ints, mode: int, under: Bytes, out: Bytes) -> None:
    """Blend RGB over RGB, both (rows, W, 3), as heatvid.backends._numpy.fronts.blend_rgb does."""
    for r in range(opacity.shape[0]):
        for i in range(opacity.shape[1]):
            own = np.uint32(opacity[r, i])
            for channel in range(3):
                c, b = np.uint32(rgb[r, i, channel]), np.uint32(under[r, i, channel])
                mixed = mix(mode, c, b)
                total = mixed * own + b * (np.uint32(OPAQUE) - own) + np.uint32(HALF)
                out[r, i, channel] = total >> np.uint32(16)


@kernel
def mix(mode: int, c: Any, b: Any) -> Any:
    """One level of the front and one of the background, in one of ``MODES``."""
    full, half = np.uint32(255), np.uint32(127)
    if mode == 0:
        return (c * b + half) // full
    if mode == 1:
        return full - ((full - c) * (full - b) + half) // full
    if mode == 2:
        return max(c, b)
    return min(c, b) if mode == 3 else min(c + b, full)


@kernel
def convert_samples(
    rgb: Bytes,
    matrix: Ints,
    offset: Ints,
    row: int,
    plane: int,
    out: Bytes,
) -> None:
    """Write a picture, shape (H, W, 3), as three full planes, by the integer matrix."""
    half = np.int32(1 << (MATRIX_BITS - 1))
    for channel in range(3):
        weights, start = weights_of(matrix, channel), offset[channel] + half
        for r in range(rgb.shape[0]):
            for i in range(rgb.shape[1]):
                color = (rgb[r, i, 0], rgb[r, i, 1], rgb[r, i, 2])
                total = weighted(weights, color, start) >> MATRIX_BITS
                out[channel * plane + r * row + i] = min(total, 255)


@kernel
def convert_blocks(
    rgb: Bytes,
    matrix: Ints,
    offset: Ints,
    height: int,
    width: int,
    cb: int,
    cr: int,
    row: int,
    step: int,
    out: Bytes,
) -> None:
    """Write a picture by the integer matrix, chroma of half the size.

    ``height`` and ``width`` are even; what they have more than the picture repeats its edge.
    """
    half = np.int32(1 << (MATRIX_BITS - 1))
    bottom, right = rgb.shape[0] - 1, rgb.shape[1] - 1
    weights, start = weights_of(matrix, 0), offset[0] + half
    for r in range(height):
        for i in range(width):
            y, x = min(r, bottom), min(i, right)
            color = (rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2])
            out[r * width + i] = min(weighted(weights, color, start) >> MATRIX_BITS, 255)
    cb_weights, cb_start = weights_of(matrix, 1), np.int32(4 * (offset[1] + half))
    cr_weights, cr_start = weights_of(matrix, 2), np.int32(4 * (offset[2] + half))
    for r in range(0, height, 2):
        for i in range(0, width, 2):
            y, x, ny, nx = r, i, min(r + 1, bottom), min(i + 1, right)
            color = (
                np.int32(rgb[y, x, 0]) + rgb[y, nx, 0] + rgb[ny, x, 0] + rgb[ny, nx, 0],
                np.int32(rgb[y, x, 1]) + rgb[y, nx, 1] + rgb[ny, x, 1] + rgb[ny, nx, 1],
                np.int32(rgb[y, x, 2]) + rgb[y, nx, 2] + rgb[ny, x, 2] + rgb[ny, nx, 2],
            )
            place, shift = r // 2 * row + i // 2 * step, MATRIX_BITS + 2
            out[cb + place] = min(weighted(cb_weights, color, cb_start) >> shift, 255)
            out[cr + place] = min(weighted(cr_weights, color, cr_start) >> shift, 255)
