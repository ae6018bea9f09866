"""Rows of the colour table for bands of a scalar field, lines between labels included, in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray
from heatvid._plan.tile import OUTLINE, TilePlan
from heatvid._values.limits import Limits
from heatvid.backends._numpy.index import Indexer
from heatvid.backends._numpy.pixels import Index, Scratch
from heatvid.backends._numpy.values import Values


class TableRows:
    """What a band shows of the (composed) table.

    Attributes
    ----------
    composed : ndarray, shape (values + 2,), intp, or None
        As of :class:`heatvid.backends._numpy.index.Indexer`.
    plain : bool
        Whether neither lines nor the rows outside the field occur.
    """

    def __init__(self, plan: TilePlan, limits: Limits) -> None:
        field = plan.field
        self._indexer = Indexer(field, limits)
        self.composed = self._indexer.composed
        self._covered = field.rows.covered, field.columns.covered
        self._content = plan.composed_on.content_height, plan.composed_on.content_width
        self._outlines = field.outlines
        self.plain = field.rows.whole and field.columns.whole and not field.outlines

    def band(self, values: Values, rows: slice, s: Scratch, compact: bool = False) -> Index:
        """Rows of the table, uint8 where they may be ``compact`` and all fit, else intp."""
        lines = self._lines(values, rows, s) if self._outlines else None
        band = values.band(rows.start, rows.stop)
        index = self._indexer(band, rows.start, s, compact and lines is None)
        if lines is not None:
            np.putmask(index, lines, self._indexer.extra + OUTLINE)
            height, width = self._content[0] - rows.start, self._content[1]
            index[height:] = index[height - 1 : height]  # the padding
            index[:, width:] = index[:, width - 1 : width]
        return index

    def _lines(self, values: Values, band: slice, s: Scratch) -> NDArray[np.bool_]:
        """Where a band has lines, so many pixels wide, centred on the edges between labels."""
        rows, columns = self._covered
        before, after = (self._outlines - 1) // 2, self._outlines // 2
        first, last = max(rows.start, band.start - after), min(rows.stop, band.stop + before + 1)
        lines = s.part("lines", np.bool_, band.stop - band.start)
        lines[...] = False
        if first >= last:
            return lines
        edges = _edges(values.band(first, last)[:, columns], s)
        tall = s.part("tall lines", np.bool_, len(lines), edges.shape[1])
        tall[...] = False
        for shift in range(-before, after + 1):
            start = max(band.start, rows.start, first + shift)
            stop = min(band.stop, rows.stop, last + shift)
            if start < stop:
                above = edges[start - shift - first : stop - shift - first]
                tall[start - band.start : stop - band.start] |= above
        width = tall.shape[1]
        inside = lines[:, columns]
        for shift in range(max(-before, 1 - width), min(after, width - 1) + 1):
            beside = tall[:, max(0, -shift) : width - max(0, shift)]
            inside[:, max(0, shift) : width - max(0, -shift)] |= beside
        return lines


def _edges(labels: AnyArray, s: Scratch) -> NDArray[np.bool_]:
    """Pixels with another label to the right or below."""
    edges = s.part("edges", np.bool_, *labels.shape)
    edges[:, -1] = False
    edges[:, :-1] = _differ(labels[:, :-1], labels[:, 1:])
    edges[:-1] |= _differ(labels[:-1], labels[1:])
    return edges


def _differ(one: AnyArray, other: AnyArray) -> NDArray[np.bool_]:
    differ: NDArray[np.bool_] = one != other
    if one.dtype.kind == "f":
        differ &= (one == one) | (other == other)  # NaN is one label
    return differ
