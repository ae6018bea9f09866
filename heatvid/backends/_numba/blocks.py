"""Bands of pixels in blocks of 2×2, whose chroma is one sample: the kernels for 4:2:0, with numba.

A row of the table is one 64-bit word (see Recipe.words), so that a pixel costs one gather, and the
sum of a block's words has the sums of its chroma.

Places in chroma are unsigned: numba then leaves out what negative ones would need.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colorspace import HALF, OPAQUE
from heatvid._frames import Bytes
from heatvid.backends._numba.jit import kernel
from heatvid.backends._numba.jit.primitives import array_at
from heatvid.backends._recipe import CHROMA_LANE, LEVEL_SHIFT

LUMA = np.uint64(LEVEL_SHIFT)
BESIDE, SECOND = np.uint64(LEVEL_SHIFT - 8), np.uint64(0xFF00)  # of a sample beside another
BYTE = np.uint64(0xFF)
CR = np.uint64(CHROMA_LANE)
LANE = np.uint64((1 << CHROMA_LANE) - 1)


@kernel
def write_blocks(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    words: NDArray[np.uint64],
    top: int,
    height: int,
    width: int,
    luma: int,
    cb: int,
    cr: int,
    row: int,
    step: int,
    out: Bytes,
) -> None:
    """Write opaque pixels, chroma of half the size."""
    half, extent, base = width // 2, (width // 2 - 1) * step + 1, out.ctypes.data
    apart = np.uint64(step)
    for r in range(0, height, 2):
        above = array_at(address + r * stride, width, dtype)
        below = array_at(address + (r + 1) * stride, width, dtype)
        place = base + luma + (top + r) * width
        first = array_at(place, half, np.uint16)  # two samples at once
        second = array_at(place + width, half, np.uint16)
        place = base + (top + r) // 2 * row
        blue = array_at(cb + place, extent, np.uint8)
        red = array_at(cr + place, extent, np.uint8)
        for i in range(half):
            a, b = words[above[2 * i]], words[above[2 * i + 1]]
            c, d = words[below[2 * i]], words[below[2 * i + 1]]
            first[i] = (a >> LUMA) | ((b >> BESIDE) & SECOND)
            second[i] = (c >> LUMA) | ((d >> BESIDE) & SECOND)
            total = a + b + c + d
            at = np.uint64(i) * apart
            blue[at] = (total >> np.uint64(18)) & BYTE
            red[at] = (total >> (CR + np.uint64(18))) & BYTE


@kernel
def blend(level: Any, opacity: Any, behind: Any, through: Any) -> Any:
    """One luma sample over another; 32 bits hold all of it, and are said to at each step."""
    front = np.uint32(np.uint32(level) * np.uint32(opacity))
    under = np.uint32(np.uint32(behind) * np.uint32(through))
    return np.uint32(np.uint32(front + under) + np.uint32(HALF)) >> np.uint32(16)


@kernel
def blend_chroma(total: Any, behind: Any, through: Any) -> Any:
    """One sample of chroma, of the sum of four words' lane, over another."""
    under = np.uint32(np.uint32(behind) * np.uint32(through))
    return np.uint32(np.uint32(total & LANE) + under) >> np.uint32(18)


@kernel
def blend_blocks(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    words: NDArray[np.uint64],
    transmission: int,
    top: int,
    height: int,
    width: int,
    luma: int,
    cb: int,
    cr: int,
    row: int,
    step: int,
    background: Bytes,
    out: Bytes,
) -> None:
    """Blend pixels that all let the same through, chroma of half the size."""
    half, extent, apart = width // 2, (width // 2 - 1) * step + 1, np.uint64(step)
    base, base_under = out.ctypes.data, background.ctypes.data
    through, opacity = np.uint32(transmission), np.uint32(OPAQUE - transmission)
    of_four = np.uint32(4 * transmission)
    for r in range(0, height, 2):
        above = array_at(address + r * stride, width, dtype)
        below = array_at(address + (r + 1) * stride, width, dtype)
        place = luma + (top + r) * width
        first = array_at(base + place, half, np.uint16)  # two samples at once
        second = array_at(base + place + width, half, np.uint16)
        both = array_at(base + place, 2 * width, np.uint8)
        under = array_at(base_under + place, 2 * width, np.uint8)
        place = (top + r) // 2 * row
        blue = array_at(base + cb + place, extent, np.uint8)
        red = array_at(base + cr + place, extent, np.uint8)
        old_blue = array_at(base_under + cb + place, extent, np.uint8)
        old_red = array_at(base_under + cr + place, extent, np.uint8)
        for i in range(half):
            a, b = words[above[2 * i]], words[above[2 * i + 1]]
            c, d = words[below[2 * i]], words[below[2 * i + 1]]
            first[i] = (a >> LUMA) | ((b >> BESIDE) & SECOND)
            second[i] = (c >> LUMA) | ((d >> BESIDE) & SECOND)
            total = a + b + c + d
            at = np.uint64(i) * apart
            blue[at] = blend_chroma(total, old_blue[at], of_four)
            red[at] = blend_chroma(total >> CR, old_red[at], of_four)
        for i in range(2 * width):
            both[i] = blend(both[i], opacity, under[i], through)


@kernel
def vary_blocks(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    words: NDArray[np.uint64],
    transmission: NDArray[np.uint32],
    top: int,
    height: int,
    width: int,
    luma: int,
    cb: int,
    cr: int,
    row: int,
    step: int,
    background: Bytes,
    out: Bytes,
) -> None:
    """Blend pixels each of which lets its own share through, chroma of half the size."""
    extent, apart = (width // 2 - 1) * step + 1, np.uint64(step)
    base, base_under = out.ctypes.data, background.ctypes.data
    full = np.uint32(OPAQUE)
    for r in range(0, height, 2):
        above = array_at(address + r * stride, width, dtype)
        below = array_at(address + (r + 1) * stride, width, dtype)
        place = luma + (top + r) * width
        first = array_at(base + place, width, np.uint8)
        second = array_at(base + place + width, width, np.uint8)
        under = array_at(base_under + place, width, np.uint8)
        beneath = array_at(base_under + place + width, width, np.uint8)
        place = (top + r) // 2 * row
        blue = array_at(base + cb + place, extent, np.uint8)
        red = array_at(base + cr + place, extent, np.uint8)
        old_blue = array_at(base_under + cb + place, extent, np.uint8)
        old_red = array_at(base_under + cr + place, extent, np.uint8)
        for i in range(width // 2):
            j, k = 2 * i, 2 * i + 1
            a, b, c, d = words[above[j]], words[above[k]], words[below[j]], words[below[k]]
            ta, tb = transmission[above[j]], transmission[above[k]]
            tc, td = transmission[below[j]], transmission[below[k]]
            first[j] = blend(a >> LUMA, full - ta, under[j], ta)
            first[k] = blend(b >> LUMA, full - tb, under[k], tb)
            second[j] = blend(c >> LUMA, full - tc, beneath[j], tc)
            second[k] = blend(d >> LUMA, full - td, beneath[k], td)
            total, through = a + b + c + d, ta + tb + tc + td
            at = np.uint64(i) * apart
            blue[at] = blend_chroma(total, old_blue[at], through)
            red[at] = blend_chroma(total >> CR, old_red[at], through)
