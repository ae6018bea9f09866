"""Bands of colours, as RGB or as a front: of a table's rows, RGB fields, and flow, in NumPy."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colorspace import fixed_point
from heatvid._frames import AnyArray, Bytes
from heatvid._plan.tile import EXTRA_ROWS, FieldPlan, TilePlan, levels_of_rows
from heatvid._values.limits import FieldLimits, Limits
from heatvid.backends._numpy.flows import Wheel
from heatvid.backends._numpy.fronts import Front, RgbFront, TableFront, Weight
from heatvid.backends._numpy.index import Indexer, mark_outside
from heatvid.backends._numpy.pixels import Index, Scratch
from heatvid.backends._numpy.rows import TableRows
from heatvid.backends._numpy.values import Values

_LEVELS = levels_of_rows(256).astype(np.uint8)

Bad = NDArray[np.bool_] | None  # where a band has the bad colour, if anywhere


class Colors(Protocol):
    """What a frame's channels show in a band of rows."""

    def levels(self, channels: list[Values], rows: slice, s: Scratch) -> tuple[Bytes, Weight]:
        """Levels of red, green and blue, shape (3, rows, W), and their opacity: scratch."""

    def front(self, channels: list[Values], rows: slice, s: Scratch) -> Front:
        """The same in the canvas's numbers."""


class TableColors:
    """The colours of a scalar field's table."""

    def __init__(self, plan: TilePlan, limits: FieldLimits) -> None:
        assert isinstance(limits, Limits), f"{limits = }"
        self._rows = TableRows(plan, limits)
        table, alpha = plan.table(limits), fixed_point(plan.field.rows_alpha(limits))
        rows = slice(None) if self._rows.composed is None else self._rows.composed
        self._premultiplied = np.ascontiguousarray(table.premultiplied[rows].T, np.int32)
        self._rgb = np.ascontiguousarray(plan.field.rows_rgb()[rows].T)
        self._alpha = alpha[rows].astype(np.int32)
        used = alpha[:-EXTRA_ROWS] if self._rows.plain else alpha
        self._constant = int(alpha[0]) if (used == alpha[0]).all() else None

    def levels(self, channels: list[Values], rows: slice, s: Scratch) -> tuple[Bytes, Weight]:
        """Gather RGB from the table."""
        index = self._rows.band(channels[0], rows, s)
        levels = s.planes("levels", len(index))
        for own, out in zip(self._rgb, levels, strict=True):
            np.take(own, index, mode="clip", out=out)
        return levels, self._opacity(index, s)

    def front(self, channels: list[Values], rows: slice, s: Scratch) -> Front:
        """Rows of the canvas's table."""
        index = self._rows.band(channels[0], rows, s)
        return TableFront(self._premultiplied, index, self._opacity(index, s), s)

    def _opacity(self, index: Index, s: Scratch) -> Weight:
        return opacity_of(self._alpha, index, s) if self._constant is None else self._constant


def opacity_of(alpha: NDArray[np.int32], index: Index, s: Scratch) -> NDArray[np.int32]:
    """Opacity of each pixel of a band, of that of each row: scratch."""
    return np.take(alpha, index, mode="clip", out=s.part("opacity", np.int32, len(index)))


class ChannelColors:
    """The colours of an RGB or flow field.

    NaN in any channel has the bad colour; where the field does not reach, nothing is seen.
    """

    def __init__(self, plan: TilePlan, limits: FieldLimits) -> None:
        field = plan.field
        self._canvas = plan.composed_on
        self._bad_rgb = field.colors.rgb[-1]
        alpha = np.array([field.alpha, field.colors.alpha[-1] * field.alpha])
        self._alpha, self._bad_alpha = fixed_point(alpha).tolist()
        self._covered = field.rows.covered, field.columns.covered
        self._whole = field.rows.whole and field.columns.whole
        self._paint = (_Composite if field.kind == "rgb" else _Motion)(field, limits)

    def levels(self, channels: list[Values], rows: slice, s: Scratch) -> tuple[Bytes, Weight]:
        """Compute each pixel's RGB."""
        count = rows.stop - rows.start
        levels = s.planes("levels", count)
        bad = self._paint(channels, rows, levels, s)
        if bad is None and self._whole:
            return levels, self._alpha
        opacity = s.part("opacity", np.int32, count)
        opacity[...] = self._alpha
        if bad is not None:
            for channel, level in zip(levels, self._bad_rgb, strict=True):
                np.putmask(channel, bad, level)
            np.putmask(opacity, bad, self._bad_alpha)
        mark_outside(opacity, rows.start, self._covered, 0)
        return levels, opacity

    def front(self, channels: list[Values], rows: slice, s: Scratch) -> Front:
        """RGB in the canvas's numbers."""
        return RgbFront(*self.levels(channels, rows, s), self._canvas, s)


class _Composite:
    """Three channels as red, green and blue: 0 under their limits, 255 over them."""

    def __init__(self, field: FieldPlan, limits: FieldLimits) -> None:
        assert not isinstance(limits, Limits), f"{limits = }"
        self._indexers = [Indexer(field, own) for own in limits]
        composed = [indexer.composed for indexer in self._indexers]
        self._levels = [_LEVELS if rows is None else _LEVELS[rows] for rows in composed]

    def __call__(self, channels: list[Values], rows: slice, out: Bytes, s: Scratch) -> Bad:
        bad: Bad = None
        parts = zip(channels, self._indexers, self._levels, out, strict=True)
        for channel, indexer, levels, plane in parts:
            values = channel.band(rows.start, rows.stop)
            band = s.part("channel values", values.dtype, len(values))
            np.copyto(band, values)
            bad = _with_nan(bad, band)
            index = indexer(band, rows.start, s, compact=indexer.composed is None)
            if index.dtype == np.uint8:
                np.copyto(plane, index)
            else:
                np.take(levels, index, mode="clip", out=plane)
        return bad


class _Motion:
    """Two channels as motion to the right and down, in the colours of the wheel."""

    def __init__(self, field: FieldPlan, limits: FieldLimits) -> None:
        assert isinstance(limits, Limits), f"{limits = }"
        wide = field.index_dtype == np.float64
        self._kind = np.float64 if wide else np.float32
        self._wheel = Wheel(limits.vmax, self._kind)

    def __call__(self, channels: list[Values], rows: slice, out: Bytes, s: Scratch) -> Bad:
        bad: Bad = None
        bands = []
        for i, channel in enumerate(channels):
            band = s.part(f"motion {i}", self._kind, rows.stop - rows.start)
            np.copyto(band, channel.band(rows.start, rows.stop), casting="unsafe")
            bad = _with_nan(bad, band)
            bands.append(band)
        if bad is not None:
            for band in bands:
                np.putmask(band, bad, 0)
        self._wheel.paint(bands[0], bands[1], out, s)
        return bad


def _with_nan(bad: Bad, band: AnyArray) -> Bad:
    """Where ``bad`` is, and NaN."""
    if band.dtype.kind != "f" or not np.isnan(band.max()):
        return bad
    return np.isnan(band) if bad is None else bad | np.isnan(band)
