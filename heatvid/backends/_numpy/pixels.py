"""Rows of the colour table to the canvas's pixels, band by band, for the NumPy backend.

The tables are packed so that few gathers bring all that is needed. For 4:2:0 a 64-bit word holds
both premultiplied chroma channels of a row in its halves, so that the sum of a 2×2 block's four
words is the sum of each half. Where the index fits a byte, two neighbours are looked up at
once in a table of all 65,536 pairs, which halves the gathers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._color.colorspace import HALF, CanvasTable
from heatvid._frames import Bytes, page_aligned
from heatvid._plan.tile import pairs_of_rows

Index = NDArray[Any]  # uint8 or intp rows of the table, shape (rows, W)

BAND_PIXELS = 96 * 1024  # some 2 MB of scratch in all; measured best on caches of 1 MB
HALF_WORD = 32  # bits for a channel of chroma: 8 of level, 16 of fraction, 2 for the sum of four


class Scratch:
    """Reused memory of one slot, by name: nothing is allocated for a frame."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.band = min(max(2, BAND_PIXELS // width // 2 * 2), height)
        self._arrays: dict[str, NDArray[Any]] = {}

    def bands(self) -> Iterator[slice]:
        """The rows of each band, from the top down."""
        for top in range(0, self.height, self.band):
            yield slice(top, min(top + self.band, self.height))

    def part(self, name: str, dtype: Any, rows: int, width: int | None = None) -> NDArray[Any]:
        """An array of ``rows`` rows, whose contents are whatever the last use left."""
        array = self._arrays.get(name)
        if array is None or len(array) < rows or array.dtype != dtype:
            shape = (max(rows, self.band), self.width if width is None else width)
            array = self._arrays[name] = page_aligned(shape, dtype)
        return array[:rows]

    def planes(self, name: str, rows: int) -> Bytes:
        """Three planes of bytes, shape (3, rows, W)."""
        return self.part(name, np.uint8, 3 * rows).reshape(3, rows, self.width)


class Yuv420Pixels:
    """Writes bands of I420 or NV12; the table is opaque, or a background comes with each band.

    Parameters
    ----------
    canvas : Canvas
    table : CanvasTable
    used : int
        Rows of the table that occur; what the rest lets through does not matter.
    """

    def __init__(self, canvas: Canvas, table: CanvasTable, used: int) -> None:
        self._canvas = canvas
        # With a half in each row, the sum of a block's four rounds as well.
        y, cb, cr = (
            table.premultiplied[:, i].astype(np.uint64) + np.uint64(HALF) for i in range(3)
        )
        self._chroma = cb | (cr << np.uint64(HALF_WORD))
        self._front = y.astype(np.uint32)  # luma times alpha, and the rounding half
        self._luma = (self._front >> 16).astype(np.uint8)  # of opaque rows
        self._transmission = table.transmission.astype(np.uint32)
        self._constant = _is_constant(table, used)
        self.paired = False

    def composed(self, rows: NDArray[np.intp] | None) -> Self:
        """The same for the table of every possible value, whose rows are ``rows``."""
        if rows is None:
            return self
        other = object.__new__(type(self))
        other._canvas, other._constant, other.paired = self._canvas, self._constant, False
        for name in ("_chroma", "_front", "_luma", "_transmission"):
            setattr(other, name, getattr(self, name)[rows])
        return other

    def pair(self) -> None:
        """Build the tables of pairs, at the place ``first + 256 * second``."""
        first, second = pairs_of_rows(len(self._luma))
        if sys.byteorder == "big":
            first, second = second, first
        self._chroma_pairs = self._chroma[first] + self._chroma[second]
        self._luma_pairs = np.stack([self._luma[first], self._luma[second]], 1).view(np.uint16)[
            :, 0
        ]
        fronts = np.stack([self._front[first], self._front[second]], 1)
        self._front_pairs = fronts.view(np.uint64)[:, 0]
        self.paired = self._constant  # a varying transmission would need pairs of its own

    def write(
        self, index: Index, top: int, background: Bytes | None, out: Bytes, s: Scratch
    ) -> None:
        """Write the band of ``len(index)`` rows, an even number, at row ``top``."""
        band = slice(top, top + len(index))
        half = slice(top // 2, (top + len(index)) // 2)
        luma, cb, cr = self._canvas.samples_of(out)
        if index.dtype == np.uint8:
            pairs = s.part("pair index", np.intp, len(index), index.shape[1] // 2)
            np.copyto(pairs, index.view(np.uint16))
            index, blocks = pairs, self._blocks(self._chroma_pairs, pairs, s)
        else:
            blocks = self._blocks(self._chroma, index, s)
        if background is None:
            self._opaque_luma(index, luma[band])
            _write_chroma(blocks, cb[half], cr[half], s)
            return
        under = self._canvas.samples_of(background)
        transmission = _transmitted(self._transmission, self._constant, index, s)
        self._blend_luma(index, under[0][band], transmission, luma[band], s)
        through = _block_transmission(transmission, s)
        for front, below, plane in zip(_halves(blocks), under[1:], (cb, cr), strict=True):
            _blend_chroma(front, below[half], through, plane[half], s)

    def _is_pairs(self, index: Index) -> bool:
        return bool(index.shape[1] != self._canvas.width)

    def _blocks(self, table: NDArray[np.uint64], index: Index, s: Scratch) -> NDArray[np.uint64]:
        """Sums of the chroma lanes over 2×2 blocks, shape (rows / 2, W / 2)."""
        words = s.part(f"words {index.shape[1]}", np.uint64, len(index), index.shape[1])
        np.take(table, index, mode="clip", out=words)
        return block_sums(words, self._canvas.width, s)

    def _opaque_luma(self, index: Index, out: Bytes) -> None:
        if self._is_pairs(index):
            np.take(self._luma_pairs, index, mode="clip", out=out.view(np.uint16))
        else:
            np.take(self._luma, index, mode="clip", out=out)

    def _blend_luma(
        self, index: Index, under: Bytes, transmission: Any, out: Bytes, s: Scratch
    ) -> None:
        total = s.part("luma", np.uint32, len(index))
        if self._is_pairs(index):
            np.take(self._front_pairs, index, mode="clip", out=total.view(np.uint64))
        else:
            np.take(self._front, index, mode="clip", out=total)
        _blend(total, under, transmission, out, s)


class WholePixels:
    """Writes bands of frames whose pixels have three samples each: rgb24 and yuv444p.

    Parameters
    ----------
    canvas, table, used
        As of :class:`Yuv420Pixels`.
    """

    paired = False

    def __init__(self, canvas: Canvas, table: CanvasTable, used: int) -> None:
        self._canvas = canvas
        self._fronts = (table.premultiplied.T + HALF).astype(np.uint32)
        self._transmission = table.transmission.astype(np.uint32)
        self._constant = _is_constant(table, used)
        self._make_levels()

    def _make_levels(self) -> None:
        """Samples of opaque rows: triples for interleaved pixels, else one row of each."""
        levels = (self._fronts >> 16).astype(np.uint8)
        interleaved = len(self._canvas.planes) == 1
        self._levels = np.ascontiguousarray(levels.T) if interleaved else levels

    def composed(self, rows: NDArray[np.intp] | None) -> Self:
        """The same for the table of every possible value, whose rows are ``rows``."""
        if rows is None:
            return self
        other = object.__new__(type(self))
        other._canvas, other._constant = self._canvas, self._constant
        other._fronts = np.ascontiguousarray(self._fronts[:, rows])
        other._transmission = self._transmission[rows]
        other._make_levels()
        return other

    def pair(self) -> None:
        """No pairs here: a row may have an odd number of pixels."""

    def write(
        self, index: Index, top: int, background: Bytes | None, out: Bytes, s: Scratch
    ) -> None:
        """Write the band of ``len(index)`` rows at row ``top``."""
        band = slice(top, top + len(index))
        if background is None:
            self._write_opaque(index, band, out)
            return
        transmission = _transmitted(self._transmission, self._constant, index, s)
        samples = self._canvas.samples_of(background), self._canvas.samples_of(out)
        for front, under, sample in zip(self._fronts, *samples, strict=True):
            total = s.part("front", np.uint32, len(index))
            np.take(front, index, mode="clip", out=total)
            _blend(total, under[band], transmission, sample[band], s)

    def _write_opaque(self, index: Index, band: slice, out: Bytes) -> None:
        if len(self._canvas.planes) == 1:
            pixels = self._canvas.planes[0].of(out)[band]
            np.take(self._levels, index, axis=0, mode="clip", out=pixels)
            return
        for levels, sample in zip(self._levels, self._canvas.samples_of(out), strict=True):
            np.take(levels, index, mode="clip", out=sample[band])


class SinglePixels:
    """Writes bands of frames of one sample a pixel, 8 or 16 bits: values, or places in a palette.

    Parameters
    ----------
    canvas : Canvas
    samples : ndarray, shape (rows,)
        Of each row of the table.
    """

    paired = False

    def __init__(self, canvas: Canvas, samples: NDArray[Any]) -> None:
        self._plane = canvas.planes[0]
        self._levels = samples.astype(f"<u{self._plane.sample_bytes}")

    def composed(self, rows: NDArray[np.intp] | None) -> Self:
        """The same for the table of every possible value, whose rows are ``rows``."""
        if rows is None:
            return self
        other = object.__new__(type(self))
        other._plane, other._levels = self._plane, self._levels[rows]
        return other

    def pair(self) -> None:
        """No pairs here."""

    def write(
        self, index: Index, top: int, background: Bytes | None, out: Bytes, s: Scratch
    ) -> None:
        """Write the band of ``len(index)`` rows at row ``top``."""
        plane = self._plane.samples_of(out)
        np.take(self._levels, index, mode="clip", out=plane[top : top + len(index)])


def _is_constant(table: CanvasTable, used: int) -> bool:
    """Whether the rows that occur, the first ``used``, let the same through."""
    return bool((table.transmission[:used] == table.transmission[0]).all())


def _transmitted(table: NDArray[np.uint32], constant: bool, index: Index, s: Scratch) -> Any:
    """Transmission of each pixel, or one number where all rows have the same."""
    if constant:
        return table[0]
    return np.take(table, index, mode="clip", out=s.part("transmission", np.uint32, len(index)))


def _blend(
    front: NDArray[np.uint32], under: Bytes, transmission: Any, out: Bytes, s: Scratch
) -> None:
    """Write ``(front + under * transmission) >> 16``; ``front`` is used up."""
    below = s.part("below", np.uint32, len(front))
    np.copyto(below, under)
    below *= transmission
    front += below
    front >>= np.uint32(16)
    np.copyto(out, front, casting="unsafe")


def block_sums(words: NDArray[Any], width: int, s: Scratch, name: str = "blocks") -> NDArray[Any]:
    """Sums over rows, and over columns where a word is one pixel: shape (rows / 2, width / 2)."""
    by_pairs = words.shape[1] != width
    row_sums = name if by_pairs else f"{name} of rows"
    sums = s.part(row_sums, words.dtype, len(words) // 2, words.shape[1])
    np.add(words[0::2], words[1::2], out=sums)
    if by_pairs:
        return sums
    blocks = s.part(f"{name} of pixels", words.dtype, len(sums), width // 2)
    np.add(sums[:, 0::2], sums[:, 1::2], out=blocks)
    return blocks


def _block_transmission(transmission: Any, s: Scratch) -> Any:
    if transmission.ndim == 0:
        return np.uint32(4 * int(transmission))
    return block_sums(transmission, transmission.shape[1], s, "transmissions")


def _halves(blocks: NDArray[np.uint64]) -> list[NDArray[np.uint32]]:
    """Sums of both channels of chroma, in their order."""
    halves = blocks.view(np.uint32)
    order = (0, 1) if sys.byteorder == "little" else (1, 0)
    return [halves[:, i::2] for i in order]


def _write_chroma(blocks: NDArray[np.uint64], cb: Bytes, cr: Bytes, s: Scratch) -> None:
    shifted = s.part("shifted", np.uint64, len(blocks), blocks.shape[1])
    for plane, begin in ((cb, 0), (cr, HALF_WORD)):
        np.right_shift(blocks, np.uint64(begin + 18), out=shifted)
        np.copyto(plane, shifted, casting="unsafe")  # its low byte


def _blend_chroma(
    front: NDArray[np.uint32], under: Bytes, through: Any, out: Bytes, s: Scratch
) -> None:
    total = s.part("total", np.uint32, len(front), front.shape[1])
    np.copyto(total, under)
    total *= through
    total += front
    total >>= np.uint32(18)
    np.copyto(out, total, casting="unsafe")
