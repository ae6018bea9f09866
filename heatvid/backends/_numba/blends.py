"""Blend modes with numba: RGB over RGB, pixel by pixel, and the result brought to the canvas."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colorspace import HALF, MATRIX_BITS, OPAQUE
from heatvid._frames import Bytes
from heatvid.backends._numba.fronts import mask_row, weighted, weights_of
from heatvid.backends._numba.jit import kernel
from heatvid.backends._numba.jit.primitives import array_at

Ints = NDArray[np.int32]

MODES = ("multiply", "screen", "lighten", "darken", "add")


@kernel
def mask_opacity(opacity: Ints, mask: Ints) -> None:
    """Weaken an opacity by a mask, both (rows, W), in 0..65536."""
    for r in range(opacity.shape[0]):
        mask_row(opacity[r], mask[r])


@kernel
def blend_rgb(rgb: Bytes, opacity: Ints, mode: int, under: Bytes, out: Bytes) -> None:
    """Blend RGB, shape (3, rows, W), over RGB, shape (rows, W, 3).

    As heatvid.backends._numpy.blends does.
    """
    rows, width = opacity.shape
    for r in range(rows):
        line = array_at(out.ctypes.data + r * 3 * width, 3 * width, np.uint8)
        behind = array_at(under.ctypes.data + r * 3 * width, 3 * width, np.uint8)
        planes = (rgb[0, r], rgb[1, r], rgb[2, r])
        if mode == 0:  # a constant leaves no branch in the loop
            blend_row(planes, opacity[r], 0, behind, line)
        elif mode == 1:
            blend_row(planes, opacity[r], 1, behind, line)
        elif mode == 2:
            blend_row(planes, opacity[r], 2, behind, line)
        elif mode == 3:
            blend_row(planes, opacity[r], 3, behind, line)
        else:
            blend_row(planes, opacity[r], 4, behind, line)


@kernel
def blend_row(rgb: Any, opacity: Any, mode: Any, under: Any, out: Any) -> None:
    """Blend one row."""
    red, green, blue = rgb
    for i in range(len(opacity)):
        own = np.uint32(opacity[i])
        out[3 * i] = over(mode, red[i], under[3 * i], own)
        out[3 * i + 1] = over(mode, green[i], under[3 * i + 1], own)
        out[3 * i + 2] = over(mode, blue[i], under[3 * i + 2], own)


@kernel
def over(mode: Any, level: Any, below: Any, own: Any) -> Any:
    """One level of the mixture, as much of it as ``own`` says."""
    c, b = np.uint32(level), np.uint32(below)
    front = np.uint32(np.uint32(mix(mode, c, b)) * own)
    behind = np.uint32(b * np.uint32(np.uint32(OPAQUE) - own))
    return np.uint32(np.uint32(front + behind) + np.uint32(HALF)) >> np.uint32(16)


@kernel
def mix(mode: Any, c: Any, b: Any) -> Any:
    """One level of the front and one of the background, in one of ``MODES``."""
    full, half = np.uint32(255), np.uint32(127)
    if mode == 0:
        return np.uint32(np.uint32(c * b) + half) // full
    if mode == 1:
        dark = np.uint32(np.uint32(full - c) * np.uint32(full - b))
        return full - np.uint32(dark + half) // full
    if mode == 2:
        return max(c, b)
    return min(c, b) if mode == 3 else min(np.uint32(c + b), full)


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
    width = rgb.shape[1]
    for r in range(rgb.shape[0]):
        line = array_at(rgb.ctypes.data + r * 3 * width, 3 * width, np.uint8)
        for channel in range(3):
            weights, start = weights_of(matrix, channel), offset[channel]
            convert_row(line, weights, start, width, out[channel * plane + r * row :])


@kernel
def convert_row(rgb: Any, weights: Any, offset: Any, count: Any, out: Any) -> None:
    """Write one channel of one row."""
    start = offset + np.int32(1 << (MATRIX_BITS - 1))
    for i in range(count):
        color = (rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2])
        out[i] = min(weighted(weights, color, start) >> MATRIX_BITS, 255)


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
    bottom, seen = rgb.shape[0] - 1, rgb.shape[1]
    weights = weights_of(matrix, 0)
    for r in range(height):
        line = array_at(rgb.ctypes.data + min(r, bottom) * 3 * seen, 3 * seen, np.uint8)
        convert_row(line, weights, offset[0], seen, out[r * width :])
        out[r * width + width - 1] = out[r * width + seen - 1]
    for r in range(0, height, 2):
        above = array_at(rgb.ctypes.data + r * 3 * seen, 3 * seen, np.uint8)
        below = array_at(rgb.ctypes.data + min(r + 1, bottom) * 3 * seen, 3 * seen, np.uint8)
        for channel, start in ((1, cb), (2, cr)):
            own, line = weights_of(matrix, channel), out[start + r // 2 * row :]
            convert_block_row(above, below, own, offset[channel], step, line)


@kernel
def convert_block_row(
    above: Any, below: Any, weights: Any, offset: Any, step: Any, out: Any
) -> None:
    """Write one channel of one row of blocks, a sample in every ``step``."""
    start, shift = np.int32(4 * (offset + (1 << (MATRIX_BITS - 1)))), MATRIX_BITS + 2
    whole = len(above) // 6
    for i in range(whole):
        color = (
            np.int32(above[6 * i]) + above[6 * i + 3] + below[6 * i] + below[6 * i + 3],
            np.int32(above[6 * i + 1]) + above[6 * i + 4] + below[6 * i + 1] + below[6 * i + 4],
            np.int32(above[6 * i + 2]) + above[6 * i + 5] + below[6 * i + 2] + below[6 * i + 5],
        )
        out[i * step] = min(weighted(weights, color, start) >> shift, 255)
    if len(above) % 6:  # one column, which is repeated
        one, two, three = 6 * whole, 6 * whole + 1, 6 * whole + 2
        color = (
            2 * (np.int32(above[one]) + below[one]),
            2 * (np.int32(above[two]) + below[two]),
            2 * (np.int32(above[three]) + below[three]),
        )
        out[whole * step] = min(weighted(weights, color, start) >> shift, 255)
