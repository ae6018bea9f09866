"""Values to rows of the colour table, band by band, with numba: the four ways of a recipe."""

from __future__ import annotations

from typing import Any

import numpy as np

from heatvid._frames import AnyArray
from heatvid._plan.tile import EXTRA_ROWS
from heatvid.backends._numba.breaks import Search, index_breaks, index_even
from heatvid.backends._numba.jit import kernel
from heatvid.backends._numba.jit.primitives import array_at
from heatvid.backends._numba.memory import Scratch, View
from heatvid.backends._recipe import IndexRecipe


class Indexer:
    """Rows of the table for bands of one field.

    Parameters
    ----------
    recipe : IndexRecipe
    dtype : numpy.dtype
        Of the values.
    nan_row : int, optional
        Row of NaN, where it is not that of the table.
    clamps : bool
        Whether values beyond the limits may have the first and the last row.

    Attributes
    ----------
    fits_bytes : bool
        Whether rows are bytes where no value is NaN, nor beyond limits that do not clamp.
    linear : (int, float, float, float, float)
        Entries, values that are allowed, offset and scale, of an index that fits bytes.
    """

    def __init__(
        self,
        recipe: IndexRecipe,
        dtype: np.dtype[Any],
        nan_row: int | None = None,
        clamps: bool = False,
    ) -> None:
        self._recipe = recipe
        linear = recipe.way == "linear" and recipe.working == np.float32
        self.fits_bytes = linear and recipe.entries <= 256 and recipe.vmin < recipe.vmax
        allowed = (-np.inf, np.inf) if clamps else (recipe.vmin, recipe.vmax)
        self.linear = (recipe.entries, *allowed, recipe.offset, recipe.scale)
        self.row_dtype = np.dtype(
            np.uint16 if recipe.entries + 3 + EXTRA_ROWS <= 65_536 else np.uint32
        )
        self._nan = recipe.entries + 2 if nan_row is None else nan_row
        self._rows = recipe.rows.astype(self.row_dtype)
        if recipe.way == "tabled" and nan_row is not None and dtype.kind == "f":
            bits = np.arange(len(self._rows)).astype(f"u{dtype.itemsize}")
            self._rows[np.isnan(bits.view(dtype))] = nan_row
        if recipe.way == "breaks":
            self._search = Search(recipe.starts)

    def __call__(
        self, values: View, rows: int, width: int, scratch: Scratch, name: str
    ) -> AnyArray:
        """Rows of the table for the first rows of ``values``, which lie beside each other."""
        out = scratch.part(f"index {name}", self.row_dtype, rows, width)
        recipe, place = self._recipe, (values.address, values.row)
        if recipe.way == "tabled":
            index_tabled(*place, values.bits, self._rows, out)
        elif recipe.way == "breaks":
            word, search = np.dtype(f"u{recipe.working.itemsize}"), self._search
            breaks = (search.starts, self._rows, search.buckets)
            if search.even is not None:
                index_even(*place, values.plain, *breaks, *search.even, self._nan, out)
            else:
                keys = (search.numbers, search.depth)
                index_breaks(*place, values.plain, word, *breaks, *keys, self._nan, out)
        else:
            ends = (recipe.entries, recipe.vmin, recipe.vmax, self._nan)
            if recipe.way == "labels":
                own = recipe.palette
                index = index_labels if values.dtype.kind == "f" else index_whole_labels
                index(*place, values.plain, *own, own.shift, self._nan, out)
            elif recipe.working == np.float32:
                index_linear(*place, values.plain, *ends, recipe.offset, recipe.scale, out)
            else:
                numbers = (recipe.factor, recipe.offset, recipe.divisor, recipe.scale)
                index_wide(*place, values.plain, *ends, *numbers, out)
        return out


@kernel
def index_tabled(
    address: int, stride: int, dtype: np.dtype[Any], rows: AnyArray, out: AnyArray
) -> None:
    """``rows[bits]``."""
    height, width = out.shape
    for r in range(height):
        line, result = array_at(address + r * stride, width, dtype), out[r]
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
        line, result = array_at(address + r * stride, width, dtype), out[r]
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
        line, result = array_at(address + r * stride, width, dtype), out[r]
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
    named: int,
    cycle: int,
    negative: int,
    shift: int,
    nan_row: int,
    out: AnyArray,
) -> None:
    """Rows of labels that are floats: see IndexRecipe."""
    height, width = out.shape
    base, least, count = np.int32(named + cycle), dtype.type(-negative), dtype.type(cycle)
    end, small = dtype.type(np.inf), dtype.type(2.0**30)
    for r in range(height):
        line, result = array_at(address + r * stride, width, dtype), out[r]
        for i in range(width):
            x = line[i]
            if not (x >= least and x < end and x == np.trunc(x)):
                result[i] = nan_row
            elif x < small:
                label = np.int32(x)
                if label < base:
                    result[i] = label if label >= 0 else base - np.int32(1) - label
                else:
                    place = (np.uint32(label) - np.uint32(named)) % np.uint32(cycle)
                    result[i] = np.uint32(named) + place
            else:
                place = (np.uint32(np.fmod(x, count)) + np.uint32(shift)) % np.uint32(cycle)
                result[i] = np.uint32(named) + place


@kernel
def index_whole_labels(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    named: int,
    cycle: int,
    negative: int,
    shift: int,
    nan_row: int,
    out: AnyArray,
) -> None:
    """Rows of labels that are wide integers: see IndexRecipe."""
    height, width = out.shape
    base = named + cycle
    for r in range(height):
        line, result = array_at(address + r * stride, width, dtype), out[r]
        for i in range(width):
            x = line[i]
            if x < 0:
                result[i] = base - 1 - np.int64(x) if np.int64(x) >= -negative else nan_row
            elif np.uint64(x) < np.uint64(base):
                result[i] = x
            else:
                place = (np.uint64(x) - np.uint64(named)) % np.uint64(cycle)
                result[i] = np.uint64(named) + place
