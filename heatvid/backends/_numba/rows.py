"""Rows of the colour table of one frame, band by band, outlines and outside included."""

from __future__ import annotations

import numpy as np

from heatvid._frames import AnyArray
from heatvid._plan.tile import OUTLINE, OUTSIDE, TilePlan
from heatvid.backends._numba.index import Indexer
from heatvid.backends._numba.memory import (
    BAND_PIXELS,
    WIDE_BAND_PIXELS,
    Scratch,
    View,
    gather,
    view_of,
)
from heatvid.backends._numba.outlines import mark_outlines
from heatvid.backends._numba.values import Geometry, RowsRead, Values
from heatvid.backends._numpy.index import mark_outside
from heatvid.backends._recipe import Recipe


class Shape:
    """What of a plan does not depend on limits: geometry and bands.

    Attributes
    ----------
    field : Geometry
    mask : Geometry or None
    rows : int
        Of a band.
    bands : list of (int, int)
        First and last canvas row, the last one excluded, of each band.
    """

    def __init__(self, plan: TilePlan) -> None:
        own = plan.field
        bound = np.inf
        if own.value_dtype.kind == "f":
            bound = float(np.finfo(own.index_dtype).max / 4)
        self.field = Geometry(
            own.rows, own.columns, (own.height, own.width), own.smooth, own.index_dtype, bound
        )
        self.mask: Geometry | None = None
        if plan.mask is not None:
            self.mask = Geometry(*plan.mask, plan.mask_shape, None, np.dtype(np.float32), np.inf)
        height, width = plan.composed_on.height, plan.composed_on.width
        table = own.kind == "scalar" and plan.mask is None and plan.blend == "over"
        pixels = WIDE_BAND_PIXELS if table and self.field.identity else BAND_PIXELS
        self.rows = rows = max(2, pixels // width // 2 * 2)
        self.bands = [(top, min(top + rows, height)) for top in range(0, height, rows)]


class Rows:
    """Bands of rows of the table of a scalar field, outlines and outside included.

    Attributes
    ----------
    indexer : Indexer
    plain : bool
        Whether rows are what the indexer says, everywhere.
    """

    def __init__(self, plan: TilePlan, shape: Shape, recipe: Recipe) -> None:
        self._plan, self._shape = plan, shape
        index, own = recipe.indexes[0], plan.field
        self.indexer = Indexer(index, own.index_dtype, clamps=own.clamps)
        self._extra = index.entries + 3
        self._covered = own.rows.covered, own.columns.covered
        self._whole = own.rows.whole and own.columns.whole
        self.plain = self._whole and not own.outlines

    def of(self, values: Values | RowsRead, scratch: Scratch) -> Bands:
        """Bands of one frame."""
        if not self._plan.field.outlines:
            return Bands(self, values, None, scratch)
        return Bands(self, values, self._outlined(values, scratch), scratch)

    def computed(self, values: View, top: int, bottom: int, scratch: Scratch) -> AnyArray:
        """Rows of a band, marked where the field does not reach."""
        index = self.indexer(values, bottom - top, self._plan.composed_on.width, scratch, "0")
        if not self._whole:
            mark_outside(index, top, self._covered, self._extra + OUTSIDE)
        return index

    def _outlined(self, values: Values | RowsRead, scratch: Scratch) -> AnyArray:
        """Rows of the whole frame, lines between labels included."""
        canvas, own = self._plan.composed_on, self._plan.field
        size = (canvas.height, canvas.width)
        index = scratch.part("outlined", self.indexer.row_dtype, *size)
        labels = scratch.part("labels", own.index_dtype, *size)
        columns = np.arange(canvas.width) * own.index_dtype.itemsize
        for top, bottom in self._shape.bands:
            view = values.band(top, bottom)
            rows = np.arange(bottom - top) * view.row
            gather(view.address, rows, columns, view.bits, labels[top:bottom].view(view.bits))
            index[top:bottom] = self.computed(view, top, bottom, scratch)
        row = self._extra + OUTLINE
        mark_outlines(index, labels, self._covered, own.outlines, row, scratch)
        height, width = canvas.content_height, canvas.content_width
        index[height:], index[:, width:] = index[height - 1], index[:, width - 1 : width]
        return index


class Bands:
    """Rows of the table of one frame."""

    def __init__(
        self,
        rows: Rows,
        values: Values | RowsRead,
        outlined: AnyArray | None,
        scratch: Scratch,
    ) -> None:
        self._rows, self._values, self._outlined = rows, values, outlined
        self._scratch = scratch

    def band(self, top: int, bottom: int) -> View:
        """Rows of a band."""
        if self._outlined is not None:
            return view_of(self._outlined[top:bottom])
        values = self._values.band(top, bottom)
        return view_of(self._rows.computed(values, top, bottom, self._scratch))
