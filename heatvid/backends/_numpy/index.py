"""Values to rows of the colour table in place, band by band, for the NumPy backend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray
from heatvid._plan.tile import OUTSIDE, FieldPlan
from heatvid._values.index import LinearIndex
from heatvid._values.limits import Limits
from heatvid.backends._numpy.pixels import Index, Scratch


class Indexer:
    """What FieldIndex defines, in place.

    Bands without NaN whose values beyond the limits have the first and last colour anyway are
    clipped and come as bytes; the others have their outsiders marked.

    Attributes
    ----------
    composed : ndarray, shape (values + 2,), intp, or None
        Row of the table of every possible value, then those of outlines and outside; None where
        the index is into the table itself.
    extra : int
        Index of the first of these two.
    """

    def __init__(self, plan: FieldPlan, limits: Limits) -> None:
        entries = plan.entries
        self._index = plan.index(limits)
        self._linear = self._index.linear
        rows = self._index.of_every_value() if plan.tabled else None
        self.extra = entries + 3 if rows is None else len(rows)
        extra_rows = np.arange(2) + entries + 3
        self.composed = None if rows is None else np.concatenate([rows, extra_rows])
        self._unsigned = np.dtype(f"u{plan.index_dtype.itemsize}") if plan.tabled else None
        rises = self._linear.rises
        self._clamps = rises and plan.clamps and self._linear.vmin < self._linear.vmax
        self._fits_bytes = self._linear.entries <= 256
        self._whole = plan.rows.whole and plan.columns.whole
        self._covered = plan.rows.covered, plan.columns.covered

    def __call__(self, values: AnyArray, top: int, scratch: Scratch, compact: bool) -> Index:
        """Rows of the (composed) table for the band at row ``top``.

        Parameters
        ----------
        values : ndarray, shape (rows, W)
        compact : bool
            Whether uint8 may come back, where all rows fit; else intp.
        """
        compact = compact and self._whole
        if self._unsigned is not None:
            bits = values.view(self._unsigned)
            index = _copied(bits, scratch, np.uint8 if compact and bits.itemsize == 1 else np.intp)
        elif not self._linear.rises:
            index = _copied(self._linear(values), scratch, np.intp)
        else:
            index = self._computed(self._index.bent(values), scratch, compact)
        if not self._whole:
            mark_outside(index, top, self._covered, self.extra + OUTSIDE)
        return index

    def _computed(self, values: AnyArray, scratch: Scratch, compact: bool) -> Index:
        linear = self._linear
        high = values.max()  # NaN where there is one
        within = self._clamps or (values.min() >= linear.vmin and high <= linear.vmax)
        clipped = bool(within and not np.isnan(high))
        # In place, where the values are a band of the scratch and no comparison follows.
        name = "values" if clipped and values.dtype == linear.working else "positions"
        positions = scratch.part(name, linear.working, len(values))
        linear.positions(values, out=positions)
        np.clip(positions, 0, linear.entries - 1, out=positions)
        small = compact and clipped and self._fits_bytes
        index = _copied(positions, scratch, np.uint8 if small else np.intp)
        if not clipped:
            _mark_beyond(values.astype(linear.working, copy=False), linear, index)
        return index


def _copied(array: AnyArray, scratch: Scratch, dtype: type[np.uint8 | np.intp]) -> Index:
    index = scratch.part(f"index {dtype.__name__}", dtype, len(array))
    np.copyto(index, array, casting="unsafe")
    return index


def _mark_beyond(values: AnyArray, linear: LinearIndex, index: NDArray[np.intp]) -> None:
    np.putmask(index, values < linear.vmin, linear.entries)
    np.putmask(index, values > linear.vmax, linear.entries + 1)
    np.putmask(index, np.isnan(values), linear.entries + 2)


def mark_outside(band: AnyArray, top: int, covered: tuple[slice, slice], value: int) -> None:
    """Set ``value`` where a letterboxed field does not reach, in the band at row ``top``."""
    rows, columns = covered
    band[: max(0, rows.start - top)] = value
    band[max(0, rows.stop - top) :] = value
    band[:, : columns.start] = value
    band[:, columns.stop :] = value
