"""Fields that no table holds (RGB, flow, masked), over a background, in NumPy.

A *front* is what lies in front of the background in one band. It has an opacity in 0..65536, and
gives its channels one after the other: premultiplied, in the canvas's numbers with 16 bits of
fraction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._color.colorspace import HALF, MATRIX_BITS, OPAQUE, integer_matrix, weighted
from heatvid._frames import Bytes
from heatvid.backends._numpy.pixels import Index, Scratch, block_sums

Weight = int | NDArray[np.int32]  # 0..65536: one for a band, or one for each pixel, (rows, W)


class Front(Protocol):
    """What lies in front of the background in one band."""

    @property
    def opacity(self) -> Weight:
        """How much of the background is hidden."""

    def channel(self, i: int) -> NDArray[np.int32]:
        """Channel 0, 1 or 2, shape (rows, W): scratch, until another one is asked for."""


@dataclass(frozen=True, eq=False)
class TableFront:
    """Rows of the canvas's table.

    Attributes
    ----------
    table : ndarray, shape (3, n), int32
        Premultiplied channels.
    index : ndarray, shape (rows, W), intp
    opacity : Weight
    scratch : Scratch
    """

    table: NDArray[np.int32]
    index: Index
    opacity: Weight
    scratch: Scratch

    def channel(self, i: int) -> NDArray[np.int32]:
        """Gather one channel from the table."""
        out = self.scratch.part("channel", np.int32, len(self.index))
        return np.take(self.table[i], self.index, mode="clip", out=out)


@dataclass(frozen=True, eq=False)
class RgbFront:
    """Levels of red, green and blue, shape (3, rows, W) uint8."""

    levels: Bytes
    opacity: Weight
    canvas: Canvas
    scratch: Scratch

    def channel(self, i: int) -> NDArray[np.int32]:
        """R, G, B as they are, or luma rounded to whole levels, and chroma, times the opacity."""
        rows, whole = self.levels.shape[1], i == 0
        total = self.scratch.part("channel", np.int32, rows)
        if self.canvas.pixel_format == "rgb24":
            np.copyto(total, self.levels[i])
            whole = True
        else:
            term = self.scratch.part("term", np.int32, rows)
            matrix, offset = integer_matrix(self.canvas.color_range)
            bits = MATRIX_BITS if whole else MATRIX_BITS - 16
            weighted(self.levels, matrix[i], offset[i], bits, total, term)
        if whole:
            total *= self.opacity
            return total
        np.minimum(total, 255 << 16, out=total)
        return weakened(total, self.opacity, self.scratch)


class MaskedFront:
    """A front that a mask, shape (rows, W) int32 in 0..65536, weakens."""

    def __init__(self, front: Front, mask: NDArray[np.int32], scratch: Scratch) -> None:
        self._front, self._mask, self._scratch = front, mask, scratch
        self.opacity = masked(front.opacity, mask, scratch)

    def channel(self, i: int) -> NDArray[np.int32]:
        """One channel, times the mask."""
        return weakened(self._front.channel(i), self._mask, self._scratch)


def masked(opacity: Weight, mask: NDArray[np.int32], s: Scratch) -> Weight:
    """Opacity times a mask."""
    if isinstance(opacity, int) and opacity == OPAQUE:
        return mask
    out = s.part("masked opacity", np.int32, len(mask))
    np.copyto(out, opacity)
    return weakened(out, mask, s)


def weakened(values: NDArray[np.int32], weight: Weight, s: Scratch) -> NDArray[np.int32]:
    """Multiply numbers of up to 24 bits in place: ``(values * weight + 32768) >> 16``.

    The upper and the lower 12 bits by themselves, so that 32 bits hold their products.
    """
    if isinstance(weight, int) and weight == OPAQUE:
        return values
    upper = np.right_shift(values, 12, out=s.part("upper", np.int32, len(values)))
    upper *= weight
    values &= 4095
    values *= weight
    values += HALF
    values >>= 12
    values += upper
    values >>= 4
    return values


def write_over(
    front: Front,
    canvas: Canvas,
    band: slice,
    background: Bytes | None,
    under: NDArray[np.float64],
    out: Bytes,
    s: Scratch,
) -> None:
    """Write a band of rows over a background's frame, or over the colour ``under``."""
    through = _transmission(front.opacity, s)
    block_through = _summed(through, "transmissions", s) if canvas.subsampled else through
    below = None if background is None else canvas.samples_of(background)
    for i, plane in enumerate(canvas.samples_of(out)):
        total, transmission, shift, rows = front.channel(i), through, 16, band
        if below is None:
            _add_color(total, float(under[i]), through, s)
        if i > 0 and canvas.subsampled:
            total, transmission, shift = _summed(total, "blocks", s), block_through, 18
            rows = slice(band.start // 2, band.stop // 2)
        if below is not None:
            term = s.part(f"below {shift}", np.int32, len(total), total.shape[1])
            total += np.multiply(below[i][rows], transmission, out=term)
        total += 1 << (shift - 1)
        total >>= shift
        np.copyto(plane[rows], total, casting="unsafe")


def _transmission(opacity: Weight, s: Scratch) -> Any:
    """What a front lets through: a number, or int32 of each pixel."""
    if isinstance(opacity, int):
        return np.int32(OPAQUE - opacity)
    out = s.part("transmission", np.int32, len(opacity))
    return np.subtract(OPAQUE, opacity, out=out)


def _summed(values: Any, name: str, s: Scratch) -> Any:
    """Sums of 2×2 blocks of what each pixel has, or of what all have."""
    return values * 4 if values.ndim == 0 else block_sums(values, values.shape[1], s, name)


def _add_color(total: NDArray[np.int32], level: float, transmission: Any, s: Scratch) -> None:
    """Add what a front lets through of one level, in whole numbers, ties to even."""
    if transmission.ndim == 0:
        total += np.rint(level * transmission).astype(np.int32)
        return
    part = s.part("color", np.float64, len(total))
    np.rint(np.multiply(transmission, level, out=part), out=part)
    np.add(total, part, out=total, casting="unsafe")
