"""Fields that no table holds (RGB, flow, masked), in front of the background, with numba.

As in heatvid.backends._numpy.fronts: a band's front is its premultiplied channels in the canvas's
numbers with 16 bits of fraction, in planes, shape (3, rows, W) int32, and what it lets through,
shape (rows, W) int32 in 0..65536. Loops go along one row of few planes: those become vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colorspace import HALF, MATRIX_BITS, OPAQUE
from heatvid._frames import AnyArray, Bytes
from heatvid.backends._numba.jit import kernel
from heatvid.backends._numba.jit.primitives import array_at, load

Ints = NDArray[np.int32]


@kernel
def scaled(value: Any, share: Any) -> Any:
    """``(value * share + 32768) >> 16``, of 24 bits and a share in 0..65536, within 32 bits."""
    own = np.uint32(share)
    whole = np.uint32((np.uint32(value) >> np.uint32(16)) * own)
    part = np.uint32((np.uint32(value) & np.uint32(0xFFFF)) * own)
    return np.int32(whole + (np.uint32(part + np.uint32(HALF)) >> np.uint32(16)))


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
def take_front(
    address: int, stride: int, dtype: np.dtype[Any], table: Ints, through: Ints, front: Ints,
    out: Ints,
) -> None:  # fmt: skip
    """A front of an index."""
    for r in range(out.shape[0]):
        index = array_at(address + r * stride, out.shape[1], dtype)
        for i in range(out.shape[1]):
            row = index[i]
            front[0, r, i], front[1, r, i], front[2, r, i] = (
                table[row, 0],
                table[row, 1],
                table[row, 2],
            )
            out[r, i] = through[row]


@kernel
def rgb_front(rgb: Bytes, opacity: Ints, matrix: Ints, offset: Ints, front: Ints) -> None:
    """A front of RGB and its opacity, which becomes what it lets through.

    ``matrix`` is that of YCbCr, shape (3, 3), with ``offset``; or empty, where the canvas is RGB.
    """
    for r in range(opacity.shape[0]):
        own = opacity[r]
        for channel in range(3):
            if len(matrix) == 0:
                front_of_levels(rgb[channel, r], own, front[channel, r])
            else:
                weights, start = weights_of(matrix, channel), offset[channel]
                planes = (rgb[0, r], rgb[1, r], rgb[2, r])
                front_of_colors(planes, own, weights, start, channel > 0, front[channel, r])
        for i in range(len(own)):
            own[i] = np.int32(OPAQUE) - own[i]


@kernel
def front_of_levels(levels: Any, opacity: Any, out: Any) -> None:
    """One row of a channel as it is, premultiplied."""
    for i in range(len(out)):
        out[i] = np.int32(levels[i]) * opacity[i]


@kernel
def front_of_colors(
    rgb: Any, opacity: Any, weights: Any, offset: Any, is_chroma: Any, out: Any
) -> None:
    """One row of luma, which is whole levels, or of chroma, premultiplied."""
    half, fine = np.int32(1 << (MATRIX_BITS - 1)), np.int32(1 << (MATRIX_BITS - 17))
    red, green, blue = rgb
    if is_chroma:
        start, shift, most = offset + fine, np.int32(MATRIX_BITS - 16), np.int32(255 << 16)
        for i in range(len(out)):
            value = weighted(weights, (red[i], green[i], blue[i]), start) >> shift
            out[i] = scaled(min(np.int32(value), most), opacity[i])
    else:
        start = offset + half
        for i in range(len(out)):
            level = weighted(weights, (red[i], green[i], blue[i]), start) >> MATRIX_BITS
            out[i] = np.int32(level) * opacity[i]


@kernel
def mask_front(front: Ints, through: Ints, mask: Ints) -> None:
    """Weaken a front by a mask, shape (rows, W), in 0..65536."""
    for r in range(through.shape[0]):
        share, line = mask[r], through[r]
        for channel in range(3):
            mask_row(front[channel, r], share)
        for i in range(len(line)):
            line[i] = np.int32(OPAQUE) - scaled(np.int32(OPAQUE) - line[i], share[i])


@kernel
def mask_row(line: Any, share: Any) -> None:
    """Weaken one row."""
    for i in range(len(line)):
        line[i] = scaled(line[i], share[i])


@kernel
def fixed_mask(address: int, stride: int, out: Ints) -> None:
    """A mask's float32 values 0..1, in 0..65536, rounded to even; NaN is 0."""
    zero, one, opaque = np.float32(0), np.float32(1), np.float32(OPAQUE)
    for r in range(out.shape[0]):
        line, fixed = array_at(address + r * stride, out.shape[1], np.float32), out[r]
        for i in range(len(fixed)):
            value = line[i] if line[i] > zero else zero
            fixed[i] = np.int32(np.rint((value if value < one else one) * opaque))


@kernel
def known_mask(address: int, row: int, column: int, out: AnyArray) -> None:
    """Read a mask, shape (h, w) float32; NaN is 0, infinities are finite, and differences too."""
    most = np.float32(np.finfo(np.float32).max / 4)
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
        line = through[r]
        for channel in range(3):
            put_row_under(front[channel, r], line, under[channel])
        for i in range(len(line)):
            line[i] = 0


@kernel
def put_row_under(line: Any, through: Any, level: Any) -> None:
    """Put one level behind one row."""
    for i in range(len(line)):
        line[i] += np.int32(np.rint(level * through[i]))


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
    """Write a front at canvas row ``top``, three samples a pixel.

    Where ``background`` is empty, the front lets nothing through.
    """
    for r in range(through.shape[0]):
        for channel, start in enumerate((one, two, three)):
            place = start + (top + r) * row
            write_row(front[channel, r], through[r], step, background[place:], out[place:])


@kernel
def write_row(line: Any, through: Any, step: Any, background: Any, out: Any) -> None:
    """Write one channel of one row, a sample in every ``step``."""
    if len(background) == 0:
        for i in range(len(line)):
            out[i * step] = np.int32(line[i] + np.int32(HALF)) >> 16
        return
    for i in range(len(line)):
        below = np.int32(np.int32(background[i * step]) * through[i])
        out[i * step] = np.int32(np.int32(line[i] + below) + np.int32(HALF)) >> 16


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
    """Write a front at canvas row ``top``, chroma of half the size; else as write_front."""
    height, width = through.shape
    for r in range(height):
        place = luma + (top + r) * width
        write_row(front[0, r], through[r], 1, background[place:], out[place:])
    for r in range(0, height, 2):
        place = (top + r) // 2 * row
        for channel, start in ((1, cb + place), (2, cr + place)):
            rows = (front[channel, r], front[channel, r + 1], through[r], through[r + 1])
            write_block_row(*rows, step, background[start:], out[start:])


@kernel
def write_block_row(
    above: Any, below: Any, through: Any, through_below: Any, step: Any, background: Any, out: Any
) -> None:
    """Write one channel of one row of blocks, a sample in every ``step``."""
    if len(background) == 0:
        for i in range(len(above) // 2):
            total = np.int32(above[2 * i] + above[2 * i + 1])
            total += np.int32(below[2 * i] + below[2 * i + 1])
            out[i * step] = np.int32(total + np.int32(4 * HALF)) >> 18
        return
    for i in range(len(above) // 2):
        j, k = 2 * i, 2 * i + 1
        total = np.int32(above[j] + above[k]) + np.int32(below[j] + below[k])
        own = np.int32(through[j] + through[k]) + np.int32(through_below[j] + through_below[k])
        behind = np.int32(np.int32(background[i * step]) * np.int32(own))
        out[i * step] = np.int32(np.int32(total + behind) + np.int32(4 * HALF)) >> 18
