"""Rows of the colour table to the canvas's pixels, band by band, with numba.

For canvases with chroma of half the size a row is one 64-bit word (see Recipe.words), so that a
pixel costs one gather, and the sum of a 2×2 block's words has the sums of its chroma.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import carray
from numpy.typing import NDArray

from heatvid._colorspace import HALF, OPAQUE
from heatvid._frames import AnyArray, Bytes, Canvas
from heatvid.backends._numba.memory import View, kernel, pointer
from heatvid.backends._recipe import CHROMA_LANE, LEVEL_SHIFT, Recipe, every_row

LUMA = np.uint64(LEVEL_SHIFT)
BESIDE, SECOND = np.uint64(LEVEL_SHIFT - 8), np.uint64(0xFF00)  # of a sample beside another
BYTE = np.uint64(0xFF)
CR = np.uint64(CHROMA_LANE)
LANE = np.uint64((1 << CHROMA_LANE) - 1)


class Layout(NamedTuple):
    """Where the samples of a canvas lie in a frame's bytes.

    Attributes
    ----------
    offsets : (int, int, int)
        Of the first sample of each channel.
    row, step : int
        Bytes from row to row, and from sample to sample: of chroma where it has half the size,
        else of all channels.
    halved : bool
        Whether chroma has half the size, both ways.
    """

    offsets: tuple[int, int, int]
    row: int
    step: int
    halved: bool


def layout_of(canvas: Canvas) -> Layout:
    """Lay out a canvas of colours."""
    width, plane = canvas.width, canvas.width * canvas.height
    if canvas.pixel_format == "rgb24":
        return Layout((0, 1, 2), 3 * width, 3, False)
    if canvas.pixel_format == "yuv444p":
        return Layout((0, plane, 2 * plane), width, 1, False)
    assert canvas.subsampled, f"{canvas.pixel_format = }"
    if canvas.pixel_format == "nv12":
        return Layout((0, plane, plane + 1), width, 2, True)
    return Layout((0, plane, plane + plane // 4), width // 2, 1, True)


class TablePixels:
    """Writes bands of frames whose colours the table holds.

    Parameters
    ----------
    canvas : Canvas
    recipe : Recipe
    tabled : bool
        Whether the index is the value itself, a byte, instead of its row.
    """

    def __init__(self, canvas: Canvas, recipe: Recipe, tabled: bool) -> None:
        self._canvas = canvas
        rows = every_row(recipe.indexes[0]) if tabled else slice(None)
        if canvas.is_gray:
            kind = "<u2" if canvas.pixel_format == "gray16le" else "u1"
            self._grays = recipe.grays[rows].astype(kind)
            return
        self._layout = layout_of(canvas)
        self._constant = int(recipe.transmission[0]) if recipe.constant else -1
        self._transmission = recipe.transmission[rows].astype(np.uint32)
        if self._layout.halved:
            self._words = recipe.words()[rows]
        else:
            fronts = recipe.premultiplied[rows] + HALF
            self._fronts = np.ascontiguousarray(fronts, np.uint32)

    def write(
        self, index: View, top: int, bottom: int, background: Bytes | None, out: Bytes
    ) -> None:
        """Write canvas rows ``top`` to ``bottom``, an even number where chroma is halved."""
        place = (index.address, index.row, index.dtype)
        size = (top, bottom - top, self._canvas.width)
        if self._canvas.is_gray:
            write_grays(*place, self._grays, *size, out.view(self._grays.dtype))
            return
        offsets, row, step, halved = self._layout
        where = (*size, *offsets, row, step)
        if not halved:
            behind = out if background is None else background
            through = self._transmission if background is not None else self._transmission[:0]
            write_samples(*place, self._fronts, through, *where, behind, out)
        elif background is None:
            write_blocks(*place, self._words, *where, out)
        elif self._constant >= 0:
            blend_blocks(*place, self._words, self._constant, *where, background, out)
        else:
            vary_blocks(*place, self._words, self._transmission, *where, background, out)


@kernel
def write_grays(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    grays: AnyArray,
    top: int,
    height: int,
    width: int,
    out: AnyArray,
) -> None:
    """Write samples of one plane."""
    for r in range(height):
        index = carray(pointer(address + r * stride), width, dtype)
        line = out[(top + r) * width : (top + r + 1) * width]
        for i in range(width):
            line[i] = grays[index[i]]


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
    for r in range(0, height, 2):
        above = carray(pointer(address + r * stride), width, dtype)
        below = carray(pointer(address + (r + 1) * stride), width, dtype)
        place = base + luma + (top + r) * width
        first = carray(pointer(place), half, np.uint16)  # two samples at once
        second = carray(pointer(place + width), half, np.uint16)
        place = base + (top + r) // 2 * row
        blue = carray(pointer(cb + place), extent, np.uint8)
        red = carray(pointer(cr + place), extent, np.uint8)
        for i in range(half):
            a, b = words[above[2 * i]], words[above[2 * i + 1]]
            c, d = words[below[2 * i]], words[below[2 * i + 1]]
            first[i] = (a >> LUMA) | ((b >> BESIDE) & SECOND)
            second[i] = (c >> LUMA) | ((d >> BESIDE) & SECOND)
            total = a + b + c + d
            blue[i * step] = (total >> np.uint64(18)) & BYTE
            red[i * step] = (total >> (CR + np.uint64(18))) & BYTE


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
    half, extent = width // 2, (width // 2 - 1) * step + 1
    base, base_under = out.ctypes.data, background.ctypes.data
    through, opacity = np.uint32(transmission), np.uint32(OPAQUE - transmission)
    of_four = np.uint32(4 * transmission)
    for r in range(0, height, 2):
        above = carray(pointer(address + r * stride), width, dtype)
        below = carray(pointer(address + (r + 1) * stride), width, dtype)
        place = luma + (top + r) * width
        first = carray(pointer(base + place), half, np.uint16)  # two samples at once
        second = carray(pointer(base + place + width), half, np.uint16)
        both = carray(pointer(base + place), 2 * width, np.uint8)
        under = carray(pointer(base_under + place), 2 * width, np.uint8)
        place = (top + r) // 2 * row
        blue = carray(pointer(base + cb + place), extent, np.uint8)
        red = carray(pointer(base + cr + place), extent, np.uint8)
        old_blue = carray(pointer(base_under + cb + place), extent, np.uint8)
        old_red = carray(pointer(base_under + cr + place), extent, np.uint8)
        for i in range(half):
            a, b = words[above[2 * i]], words[above[2 * i + 1]]
            c, d = words[below[2 * i]], words[below[2 * i + 1]]
            first[i] = (a >> LUMA) | ((b >> BESIDE) & SECOND)
            second[i] = (c >> LUMA) | ((d >> BESIDE) & SECOND)
            total = a + b + c + d
            blue[i * step] = blend_chroma(total, old_blue[i * step], of_four)
            red[i * step] = blend_chroma(total >> CR, old_red[i * step], of_four)
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
    extent = (width // 2 - 1) * step + 1
    base, base_under = out.ctypes.data, background.ctypes.data
    full = np.uint32(OPAQUE)
    for r in range(0, height, 2):
        above = carray(pointer(address + r * stride), width, dtype)
        below = carray(pointer(address + (r + 1) * stride), width, dtype)
        place = luma + (top + r) * width
        first = carray(pointer(base + place), width, np.uint8)
        second = carray(pointer(base + place + width), width, np.uint8)
        under = carray(pointer(base_under + place), width, np.uint8)
        beneath = carray(pointer(base_under + place + width), width, np.uint8)
        place = (top + r) // 2 * row
        blue = carray(pointer(base + cb + place), extent, np.uint8)
        red = carray(pointer(base + cr + place), extent, np.uint8)
        old_blue = carray(pointer(base_under + cb + place), extent, np.uint8)
        old_red = carray(pointer(base_under + cr + place), extent, np.uint8)
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
            blue[i * step] = blend_chroma(total, old_blue[i * step], through)
            red[i * step] = blend_chroma(total >> CR, old_red[i * step], through)


@kernel
def write_samples(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    fronts: NDArray[np.uint32],
    transmission: NDArray[np.uint32],
    top: int,
    height: int,
    width: int,
    one: int,
    two: int,
    three: int,
    row: int,
    step: int,
    background: Bytes,
    out: Bytes,
) -> None:
    """Write or blend pixels of three samples each; opaque where ``transmission`` is empty."""
    extent, shift, opaque = (width - 1) * step + 1, np.uint32(16), len(transmission) == 0
    for r in range(height):
        index = carray(pointer(address + r * stride), width, dtype)
        place = (top + r) * row
        first, old_first = out[one + place :][:extent], background[one + place :][:extent]
        second, old_second = out[two + place :][:extent], background[two + place :][:extent]
        third, old_third = out[three + place :][:extent], background[three + place :][:extent]
        if opaque:
            for i in range(width):
                own, j = index[i], i * step
                first[j] = fronts[own, 0] >> shift
                second[j] = fronts[own, 1] >> shift
                third[j] = fronts[own, 2] >> shift
        else:
            for i in range(width):
                own, j = index[i], i * step
                through = transmission[own]
                first[j] = (fronts[own, 0] + old_first[j] * through) >> shift
                second[j] = (fronts[own, 1] + old_second[j] * through) >> shift
                third[j] = (fronts[own, 2] + old_third[j] * through) >> shift
