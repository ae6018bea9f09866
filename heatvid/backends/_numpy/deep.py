"""Rows of the colour table to pixels of 10 bits, band by band, for the NumPy backend."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._color.colorspace import CanvasTable
from heatvid._frames import Bytes
from heatvid.backends._numpy.pixels import Index, Scratch


class DeepPixels:
    """Writes bands of frames of 10 bits, which nothing lies behind.

    Parameters
    ----------
    canvas : Canvas
    table : CanvasTable
        Opaque.
    """

    paired = False

    def __init__(self, canvas: Canvas, table: CanvasTable) -> None:
        assert table.opaque, "nothing lies behind pixels of 10 bits"
        self._canvas, self._fraction = canvas, table.fraction
        half = 1 << (table.fraction - 1)
        self._luma = ((table.premultiplied[:, 0] + half) >> table.fraction).astype("<u2")
        self._chroma = table.premultiplied[:, 1:].T.astype(np.uint32)

    def composed(self, rows: NDArray[np.intp] | None) -> Self:
        """The same for the table of every possible value, whose rows are ``rows``."""
        if rows is None:
            return self
        other = object.__new__(type(self))
        other._canvas, other._fraction = self._canvas, self._fraction
        other._luma = self._luma[rows]
        other._chroma = np.ascontiguousarray(self._chroma[:, rows])
        return other

    def pair(self) -> None:
        """No pairs here: there are more rows than a byte numbers."""

    def write(
        self, index: Index, top: int, background: Bytes | None, out: Bytes, s: Scratch
    ) -> None:
        """Write the band of ``len(index)`` rows at row ``top``."""
        luma, *chroma = self._canvas.samples_of(out)
        np.take(self._luma, index, mode="clip", out=luma[top : top + len(index)])
        down = 1 + self._canvas.format.halved[0]
        band = slice(top // down, (top + len(index)) // down)
        for table, plane in zip(self._chroma, chroma, strict=True):
            words = s.part("words", np.uint32, len(index))
            np.take(table, index, mode="clip", out=words)
            write_mean(words, self._canvas, self._fraction, plane[band])


def write_mean(chroma: NDArray[Any], canvas: Canvas, fraction: int, out: NDArray[Any]) -> None:
    """Write the mean of what is one sample of chroma, rounded once.

    Parameters
    ----------
    chroma : ndarray, shape (rows, W), integers
        Levels with ``fraction`` bits more.
    canvas : Canvas
        Whose chroma has full or half the rows, and columns.
    fraction : int
    out : ndarray, as its plane has it
    """
    down, across = canvas.format.halved
    total = chroma
    if down:
        total = total[0::2] + total[1::2]
    if across:
        total = total[:, 0::2] + total[:, 1::2]
    shift = fraction + down + across
    rounding = total.dtype.type(1 << (shift - 1))
    np.copyto(out, (total + rounding) >> total.dtype.type(shift), casting="unsafe")
