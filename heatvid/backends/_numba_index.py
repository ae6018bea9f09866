"""Values to rows of the colour table, band by band, with numba: the four ways of a recipe."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray
from numpy.typing import NDArray

from heatvid._frames import AnyArray
from heatvid._plan import EXTRA_ROWS
from heatvid.backends._numba_memory import Scratch, View, bitcast, kernel, pointer
from heatvid.backends._recipe import IndexRecipe

BUCKETS = 1 << 12  # of the first level of a search for breaks; its tables stay in L1


class Indexer:
    """Rows of the table for bands of one field.

    Parameters
    ----------
    recipe : IndexRecipe
    dtype : numpy.dtype
        Of the values.
    nan_row : int, optional
        Row of NaN, where it is not that of the table.
    """

    def __init__(
        self, recipe: IndexRecipe, dtype: np.dtype[Any], nan_row: int | None = None
    ) -> None:
        self._recipe = recipe
        self.row_dtype = np.dtype(
            np.uint16 if recipe.entries + 3 + EXTRA_ROWS <= 65_536 else np.uint32
        )
        self._nan = recipe.entries + 2 if nan_row is None else nan_row
        self._rows = recipe.rows.astype(self.row_dtype)
        if recipe.way == "tabled" and nan_row is not None and dtype.kind == "f":
            bits = np.arange(len(self._rows)).astype(f"u{dtype.itemsize}")
            self._rows[np.isnan(bits.view(dtype))] = nan_row
        if recipe.way == "breaks":
            self._search = _first_level(recipe.starts)

    def __call__(
        self, values: View, rows: int, width: int, scratch: Scratch, name: str
    ) -> AnyArray:
        """Rows of the table for the first rows of ``values``, which lie beside each other."""
        out = scratch.part(f"index {name}", self.row_dtype, rows, width)
        recipe, place = self._recipe, (values.address, values.row)
        if recipe.way == "tabled":
            index_tabled(*place, values.bits, self._rows, out)
        elif recipe.way == "breaks":
            bits = np.dtype(f"i{recipe.working.itemsize}")
            search = (bits, recipe.starts, self._rows, *self._search, self._nan)
            index_breaks(*place, values.plain, *search, out)
        else:
            ends = (recipe.entries, recipe.vmin, recipe.vmax, self._nan)
            if recipe.way == "labels":
                wide = values.dtype.kind in "iu"
                index = index_whole_labels if wide else index_labels
                index(*place, values.plain, recipe.working, *ends, out)
            elif recipe.working == np.float32:
                index_linear(*place, values.plain, *ends, recipe.offset, recipe.scale, out)
            else:
                numbers = (recipe.factor, recipe.offset, recipe.divisor, recipe.scale)
                index_wide(*place, values.plain, *ends, *numbers, out)
        return out


def _first_level(starts: AnyArray) -> tuple[NDArray[np.uint32], int, int, int]:
    """Breaks that begin before each bucket of values, and how values find their bucket.

    Values in their order as whole numbers are cut into buckets of equal width from the second
    break to the last but one; the first and the last bucket also hold what lies beyond.
    """
    places = _ordinals(starts)
    inner = places[1:-1] if len(places) > 2 else places[:1]
    low, high = int(inner[0]), int(inner[-1])
    shift = max(0, (high - low).bit_length() - (BUCKETS.bit_length() - 1))
    count = ((high - low) >> shift) + 1
    steps = np.arange(1, count, dtype=np.uint64) << np.uint64(shift)  # may not fit 63 bits
    edges = (steps + np.array(low).view(np.uint64)).view(np.int64)
    before = np.searchsorted(places, edges, side="left")
    table = np.concatenate([[0], before, [len(starts)]]).astype(np.uint32)
    return table, low, shift, count


def _ordinals(values: AnyArray) -> NDArray[np.int64]:
    """Whole numbers in the order of the values, one apart where nothing lies between."""
    bits = values.view(f"i{values.itemsize}").astype(np.int64)
    least = np.int64(np.iinfo(f"i{values.itemsize}").min)
    return np.where(bits < 0, least - bits, bits)


@kernel
def index_tabled(
    address: int, stride: int, dtype: np.dtype[Any], rows: AnyArray, out: AnyArray
) -> None:
    """``rows[bits]``."""
    height, width = out.shape
    for r in range(height):
        line, result = carray(pointer(address + r * stride), width, dtype), out[r]
        for i in range(width):
            result[i] = rows[line[i]]


@kernel
def index_linear(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    entries: int,
    vmin: float,
    vmax: float,
    nan_row: int,
    offset: float,
    scale: float,
    out: AnyArray,
) -> None:
    """``int((x - offset) * scale)`` in float32."""
    height, width = out.shape
    low, high = np.float32(vmin), np.float32(vmax)
    start, step = np.float32(offset), np.float32(scale)
    last, zero = np.float32(entries - 1), np.float32(0)
    under, over, bad = np.int32(entries), np.int32(entries + 1), np.int32(nan_row)
    for r in range(height):
        line, result = carray(pointer(address + r * stride), width, dtype), out[r]
        for i in range(width):
            x = line[i]
            place = (x - start) * step
            place = place if place > zero else zero  # NaN too, before it becomes an integer
            place = place if place < last else last
            row = np.int32(place)
            row = under if x < low else row
            row = over if x > high else row
            result[i] = bad if x != x else row


@kernel
def index_wide(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    entries: int,
    vmin: float,
    vmax: float,
    nan_row: int,
    factor: float,
    offset: float,
    divisor: float,
    scale: float,
    out: AnyArray,
) -> None:
    """``int((x * factor - offset) / divisor * scale)`` in float64."""
    height, width = out.shape
    last = np.float64(entries - 1)
    under, over, bad = np.int32(entries), np.int32(entries + 1), np.int32(nan_row)
    for r in range(height):
        line, result = carray(pointer(address + r * stride), width, dtype), out[r]
        for i in range(width):
            x = np.float64(line[i])
            place: Any = (x * factor - offset) / divisor * scale
            place = place if place > 0.0 else 0.0
            place = place if place < last else last
            row = np.int32(place)
            row = under if x < vmin else row
            row = over if x > vmax else row
            result[i] = bad if x != x else row


@kernel
def index_labels(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    working: np.dtype[Any],
    entries: int,
    vmin: float,
    vmax: float,
    nan_row: int,
    out: AnyArray,
) -> None:
    """``trunc(x) mod N`` of floats."""
    height, width = out.shape
    low, high, count = working.type(vmin), working.type(vmax), working.type(entries)
    small = working.type(2.0**30)
    for r in range(height):
        line, result = carray(pointer(address + r * stride), width, dtype), out[r]
        for i in range(width):
            x = working.type(line[i])
            if x != x:
                result[i] = nan_row
            elif x < low:
                result[i] = entries
            elif x > high:
                result[i] = entries + 1
            elif x < small:
                result[i] = np.uint32(x) % np.uint32(entries)
            else:
                result[i] = np.int32(np.fmod(np.trunc(x), count))


@kernel
def index_whole_labels(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    working: np.dtype[Any],
    entries: int,
    vmin: float,
    vmax: float,
    nan_row: int,
    out: AnyArray,
) -> None:
    """``x mod N`` of wide integers."""
    height, width = out.shape
    low, high = working.type(vmin), working.type(vmax)
    for r in range(height):
        line, result = carray(pointer(address + r * stride), width, dtype), out[r]
        for i in range(width):
            x = working.type(line[i])
            if x < low:
                result[i] = entries
            elif x > high:
                result[i] = entries + 1
            else:
                result[i] = np.uint64(line[i]) % np.uint64(entries)


@kernel
def index_breaks(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    bits: np.dtype[Any],
    starts: AnyArray,
    rows: AnyArray,
    buckets: NDArray[np.uint32],
    lowest: int,
    shift: int,
    count: int,
    nan_row: int,
    out: AnyArray,
) -> None:
    """The row of the last break that is not above the value, by bucket and bisection."""
    height, width = out.shape
    magnitude = np.int64(0x7FFFFFFF if starts.itemsize == 4 else 0x7FFFFFFFFFFFFFFF)
    for r in range(height):
        line, result = carray(pointer(address + r * stride), width, dtype), out[r]
        for i in range(width):
            x = starts.dtype.type(line[i])
            if x != x:
                result[i] = nan_row
                continue
            own = np.int64(bitcast(x, bits))
            own = own if own >= 0 else -(own & magnitude)
            reached: Any = max(own, lowest)
            beyond = np.uint64(reached) - np.uint64(lowest)  # may not fit 63 bits
            bucket = min(beyond >> np.uint64(shift), np.uint64(count - 1))
            low, high = np.int64(buckets[bucket]), np.int64(buckets[bucket + np.uint64(1)])
            while low < high:
                middle = (low + high) >> 1
                if starts[middle] <= x:
                    low = middle + 1
                else:
                    high = middle
            result[i] = rows[low]
