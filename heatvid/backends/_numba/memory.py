"""How the kernels of the numba backend reach memory of any strides.

They take arrays that a caller owns by address and strides: one compilation then serves every
layout. What a slot owns comes as arrays in C order.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray, address_of, page_aligned
from heatvid.backends._numba.jit import kernel
from heatvid.backends._numba.jit.primitives import load

BAND_PIXELS = 96 * 1024  # what is kept between steps stays in L2
WIDE_BAND_PIXELS = 256 * 1024  # where that is at most two bytes a pixel: fewer calls

_PLAIN: dict[Any, Any] = {
    np.dtype(np.bool_): np.dtype(np.uint8),
    np.dtype(np.float16): np.dtype(np.uint16),
}


@kernel
def gather(
    address: int,
    row_offsets: NDArray[np.intp],
    column_offsets: NDArray[np.intp],
    dtype: np.dtype[Any],
    out: AnyArray,
) -> None:
    """Fill ``out``, shape (rows, columns), from offsets in bytes along both axes."""
    for r in range(len(row_offsets)):
        row = address + row_offsets[r]
        line = out[r]
        for i in range(len(column_offsets)):
            line[i] = load(row + column_offsets[i], dtype)


class View(NamedTuple):
    """A picture in memory, as kernels take it.

    Attributes
    ----------
    address : int
    row, column : int
        Strides in bytes.
    dtype : numpy.dtype
    owner : ndarray
        Keeps the memory.
    """

    address: int
    row: int
    column: int
    dtype: np.dtype[Any]
    owner: AnyArray

    @property
    def plain(self) -> np.dtype[Any]:
        """The dtype that kernels know: bytes for bool, 16 bits for half precision."""
        return plain(self.dtype)

    @property
    def bits(self) -> np.dtype[Any]:
        """The unsigned dtype of the same size."""
        return np.dtype(f"u{self.dtype.itemsize}")

    @property
    def in_rows(self) -> bool:
        """Whether the values of a row lie aligned beside each other."""
        size = self.dtype.itemsize
        return self.column == size and not (self.address % size or self.row % size)

    @property
    def in_pairs(self) -> bool:
        """Whether the values are bytes, two of which are an aligned number of 16 bits."""
        return self.dtype == np.uint8 and not (self.address % 2 or self.row % 2)

    def below(self, rows: int) -> View:
        """The same from a row on."""
        return self if rows == 0 else self._replace(address=self.address + rows * self.row)


def plain(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype that kernels know: bytes for bool, 16 bits for half precision."""
    known: np.dtype[Any] = _PLAIN.get(dtype, dtype)
    return known


def view_of(picture: AnyArray, dtype: np.dtype[Any] | None = None) -> View:
    """View a picture, shape (h, w), whose bits are of ``dtype``."""
    row, column = picture.strides
    return View(address_of(picture), row, column, dtype or picture.dtype, picture)


class Scratch:
    """Reused memory of one slot, by name: nothing is allocated for a frame."""

    def __init__(self) -> None:
        self._arrays: dict[str, AnyArray] = {}

    def part(self, name: str, dtype: Any, *shape: int) -> AnyArray:
        """A contiguous array, whose contents are whatever the last use left."""
        array = self._arrays.get(name)
        size = math.prod(shape)
        if array is None or array.size < size or array.dtype != dtype:
            array = self._arrays[name] = page_aligned((size,), dtype)
        return array[:size].reshape(shape)
