"""RGB into the canvas's own numbers: the BT.709 matrix, the ranges, and the canvas table.

Luma and chroma follow Rec. ITU-R BT.709-6, item 3: for R, G, B and the unrounded luma Y' on 0..255

    Y  = 16 + 219 Y'/255,                Y' = 0.2126 R + 0.7152 G + 0.0722 B
    Cb = 128 + 224 (B − Y') / (1.8556·255)
    Cr = 128 + 224 (R − Y') / (1.5748·255)

for the limited range, and Y', 128 + (B − Y')/1.8556, 128 + (R − Y')/1.5748 for the full one. The
bytes are taken as they are, with no gamma step. Where chroma is subsampled, a sample is the mean of
its 2×2 block's unrounded chroma; it is rounded once. Of 10 bits the numbers are four times as
large, 64 + 876 Y'/255 and so on, or 1023 Y'/255 and 512 + 1023 (B − Y')/(1.8556·255) in full range.

Numbers in fixed point have 24 bits, whatever a level has of them; the rest is its fraction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas, ColorRange
from heatvid._frames import AnyArray, Bytes

OPAQUE = 65_536  # alpha in fixed point: 0..65536
HALF = OPAQUE // 2  # what rounds a number with 16 bits of fraction
FIXED_BITS = 24  # of a level and its fraction
MATRIX_BITS = 20  # of the integer matrix; it rounds one colour in 1,000 to the level beside
TILE_PIXELS = 24 * 1024  # of a picture that is converted; its sums stay in the cache


@dataclass(frozen=True, eq=False)
class CanvasTable:
    """The colours of a field as the canvas stores them, premultiplied by their alpha.

    A canvas sample is ``(premultiplied + background·transmission + 32768) >> 16``; one of
    subsampled chroma sums both over its 2×2 block and shifts by 18 with 131072. Nothing lies
    behind samples of more than 8 bits, which have that many bits of fraction less.

    Attributes
    ----------
    premultiplied : ndarray, shape (rows, 3), int64
        Channel times alpha: of Y (rounded to a level before), Cb, Cr (unrounded), or of R, G, B.
    transmission : ndarray, shape (rows,), int64 in 0..65536
        What of the background shows through.
    fraction : int
        Bits of fraction.
    """

    premultiplied: NDArray[np.int64]
    transmission: NDArray[np.int64]
    fraction: int = FIXED_BITS - 8

    @property
    def opaque(self) -> bool:
        """Whether no row lets the background through."""
        return not self.transmission.any()

    def take(self, rows: NDArray[Any]) -> CanvasTable:
        """Compose the table with ``rows``, shape (n,): the table of every possible value."""
        return CanvasTable(self.premultiplied[rows], self.transmission[rows], self.fraction)

    def over(self, color: NDArray[np.float64]) -> CanvasTable:
        """Blend once over one colour, shape (3,) in canvas numbers; the result is opaque."""
        background = color[None, :] * self.transmission[:, None] / (OPAQUE >> self.fraction)
        blended = self.premultiplied + np.rint(background).astype(np.int64)
        return CanvasTable(blended, np.zeros_like(self.transmission), self.fraction)


def fixed_point(alpha: NDArray[np.float64]) -> NDArray[np.int64]:
    """Opacity in 0..1 as whole parts of ``OPAQUE``."""
    return np.rint(alpha * OPAQUE).astype(np.int64)


def canvas_table(rgb: NDArray[Any], alpha: NDArray[np.float64], canvas: Canvas) -> CanvasTable:
    """Convert colours in 0..255, shape (n, 3), of opacity ``alpha``, (n,), to canvas numbers."""
    opacity, fraction = fixed_point(alpha), FIXED_BITS - canvas.bits
    colors = to_canvas_colors(rgb, canvas)
    premultiplied = np.rint(colors * opacity[:, None] / (OPAQUE >> fraction)).astype(np.int64)
    return CanvasTable(premultiplied, OPAQUE - opacity, fraction)


def straight_colors(rgb: NDArray[Any], canvas: Canvas) -> NDArray[np.int32]:
    """Colours in 0..255, shape (n, 3), as a canvas with an alpha has them beside it.

    Luma, or red, green and blue, are whole levels; chroma has ``FIXED_BITS`` with its fraction.
    """
    colors = to_canvas_colors(rgb, canvas)
    if not canvas.is_rgb:
        colors[:, 1:] *= 1 << (FIXED_BITS - canvas.bits)
    return np.rint(colors).astype(np.int32)


def to_canvas_colors(rgb: NDArray[Any], canvas: Canvas) -> NDArray[np.float64]:
    """Colours, shape (n, 3), as the canvas has them: luma rounded, chroma not; RGB as it is."""
    if canvas.is_rgb:
        return rgb.astype(np.float64)
    yuv = rgb_to_yuv(rgb, canvas.color_range, canvas.bits)
    yuv[:, 0] = np.rint(yuv[:, 0])
    return yuv


def rgb_to_yuv(rgb: NDArray[Any], color_range: ColorRange, bits: int = 8) -> NDArray[np.float64]:
    """Convert R, G, B in 0..255, shape (..., 3), to unrounded Y, Cb, Cr (the module's formula)."""
    matrix, offset = _matrix(color_range, bits)
    # Full-range chroma of pure blue and red is 255.5, which no byte holds.
    return np.minimum(np.asarray(rgb, np.float64) @ matrix.T + offset, (1 << bits) - 1)


@lru_cache
def _matrix(color_range: ColorRange, bits: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    luma = np.array([0.2126, 0.7152, 0.0722])
    cb = (np.array([0, 0, 1]) - luma) / 1.8556
    cr = (np.array([1, 0, 0]) - luma) / 1.5748
    rows, middle = np.stack([luma, cb, cr]), float(1 << (bits - 1))
    if color_range == "pc":
        return rows * (((1 << bits) - 1) / 255), np.array([0.0, middle, middle])
    scale = np.array([219, 224, 224]) * (1 << (bits - 8)) / 255
    return rows * scale[:, None], np.array([middle / 8, middle, middle])


@lru_cache
def integer_matrix(
    color_range: ColorRange, bits: int = 8
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Rows for Y, Cb, Cr, shape (3, 3), and what is added, (3,), of levels of so many bits.

    They have ``MATRIX_BITS`` of fraction, and as many less as the levels have more than 8.
    """
    matrix, offset = _matrix(color_range, bits)
    one = 1 << (MATRIX_BITS + 8 - bits)
    return np.rint(matrix * one).astype(np.int32), (offset * one).astype(np.int32)


def rgb_to_canvas(rgb: NDArray[np.uint8], canvas: Canvas, out: Bytes) -> None:
    """Write a picture as one frame of the canvas.

    Parameters
    ----------
    rgb : ndarray, shape (content_height, content_width, 3), uint8
        The picture; an odd size is padded by its last row or column.
    canvas : Canvas
    out : ndarray, shape (frame_bytes,), uint8
        The frame.
    """
    if canvas.is_rgb:
        canvas.planes[0].of(out)[:] = rgb
        return
    levels = np.moveaxis(rgb, -1, 0)
    rows = max(2, TILE_PIXELS // canvas.width // 2 * 2)
    for top in range(0, canvas.content_height, rows):
        levels_to_canvas(levels[:, top : top + rows], canvas, top, out)


def levels_to_canvas(levels: Bytes, canvas: Canvas, top: int, out: Bytes) -> None:
    """Write rows of a picture, as :func:`rgb_to_canvas` does all of them.

    Parameters
    ----------
    levels : ndarray, shape (3, rows, content_width), uint8
        Red, green and blue; an even number of rows, but for those that end an odd picture.
    canvas : Canvas
    top : int
        The first of these rows.
    out : ndarray, shape (frame_bytes,), uint8
        The frame.
    """
    samples = canvas.samples_of(out)
    if canvas.is_rgb:
        for channel, plane in zip(levels, samples, strict=True):
            plane[top : top + len(channel)] = channel
        return
    parts, bits, step = levels, MATRIX_BITS, 1  # what chroma is of, and its rows' distance
    if canvas.subsampled:
        levels = _padded(levels)
        pairs = np.add(levels[:, 0::2], levels[:, 1::2], dtype=np.uint16)
        parts, bits, step = pairs[..., 0::2] + pairs[..., 1::2], MATRIX_BITS + 2, 2
    matrix, offset = integer_matrix(canvas.color_range)
    luma = weighted(levels, matrix[0], offset[0], MATRIX_BITS)
    samples[0][top : top + luma.shape[0]] = luma
    for weights, middle, plane in zip(matrix[1:], offset[1:], samples[1:], strict=True):
        chroma = weighted(parts, weights, middle * step * step, bits)
        np.minimum(chroma, 255, out=chroma)
        plane[top // step : top // step + len(chroma)] = chroma


def _padded(levels: Bytes) -> Bytes:
    """Repeat the last row and the last column of planes where their number is odd."""
    odd = [size % 2 for size in levels.shape[1:]]
    return np.pad(levels, [(0, 0), (0, odd[0]), (0, odd[1])], mode="edge") if any(odd) else levels


def weighted(
    levels: AnyArray,
    weights: NDArray[np.int32],
    offset: np.int32,
    bits: int,
    out: NDArray[np.int32] | None = None,
    term: NDArray[np.int32] | None = None,
) -> NDArray[np.int32]:
    """Weighted sum of three channels, and ``offset``, rounded to ``bits`` fewer of fraction.

    Parameters
    ----------
    levels : ndarray, shape (3, rows, W), integers
        A row of the integer matrix takes even sums of four levels to 31 bits.
    weights : ndarray, shape (3,), int32
    offset, bits : int
    out, term : ndarray, shape (rows, W), int32, optional
        For the sum, which is returned, and for what is added to it.
    """
    total: NDArray[np.int32] = np.multiply(levels[0], weights[0], out=out)
    for channel, weight in zip(levels[1:], weights[1:], strict=True):
        total += np.multiply(channel, weight, out=term)
    total += offset + (1 << (bits - 1))
    total >>= bits
    return total
