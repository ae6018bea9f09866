"""The NumPy backend: the specification of what every other backend computes.

A frame is rendered in bands of rows that stay in the cache, each in three steps::

    values   the field's own rows, or interpolated: along rows first, then between them
    index    rows of the colour table (heatvid._norms has the arithmetic)
    pixels   gathered from the table, and blended over the background

Floating-point steps are single NumPy operations in float32 (float64 for wide types), so nothing is
fused; blending is integer arithmetic (heatvid._colorspace.CanvasTable). What no table holds, and
blend modes other than ``over``, go through heatvid.backends._numpy.fronts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from heatvid._colorspace import HALF, OPAQUE, fixed_point, rgb_to_canvas
from heatvid._flow import flow_to_rgb
from heatvid._frames import AnyArray, Bytes
from heatvid._norms import Limits
from heatvid._plan import EXTRA_ROWS, OUTLINE, FrameLimits, RenderPlan, levels_of_rows
from heatvid.backends._base import HostBackend, Slot
from heatvid.backends._numpy import fronts as fronts
from heatvid.backends._numpy.index import Indexer, mark_outlines, mark_outside
from heatvid.backends._numpy.pixels import (
    GrayPixels,
    Index,
    Pixels,
    Scratch,
    WholePixels,
    Yuv420Pixels,
)
from heatvid.backends._numpy.values import Values, channels_of, resample


def missing() -> None:
    """Say what the machine lacks for this backend: nothing, ever."""


def make() -> NumpyBackend:
    """Make the backend."""
    return NumpyBackend()


class NumpyBackend(HostBackend):
    """Renders with NumPy alone; calls for different slots may run at once."""

    name = "numpy"
    synchronous = True

    def prepare(self, plan: RenderPlan) -> None:
        """Make the tables, where the limits are known already."""
        self._plan = plan
        scalar = plan.field.kind == "scalar" and plan.mask is None and plan.blend == "over"
        self._make = _TableFrames if scalar else _FrontFrames
        self._fixed: _TableFrames | _FrontFrames | None = None
        if plan.field.limits is not None:
            self._fixed = self._make(plan, plan.field.limits, lasting=True)

    def _scratch(self) -> Scratch:
        return Scratch(self._plan.composed_on.width, self._plan.composed_on.height)

    def render(self, slot: Slot) -> None:
        """Render the slot's frames, one after the other."""
        # NaN, even signalling, and infinities are values.
        with np.errstate(all="ignore"), _buffers_of_rows(self._plan.composed_on.width):
            for i, frame in enumerate(slot.data):
                frames = self._fixed or self._make(self._plan, slot.limits[i], lasting=False)
                background = slot.background[i] if self._plan.blends else None
                mask = None if self._plan.mask is None else slot.mask[i]
                frames.render(frame, background, mask, slot.output[i], slot.backend)

    def wait(self, slot: Slot) -> None:
        """Nothing to wait for: :meth:`render` returns when it is done."""

    def close(self) -> None:
        """Nothing to give back."""


@contextmanager
def _buffers_of_rows(width: int) -> Iterator[None]:
    """Keep NumPy's buffers to one row, ``width`` long.

    A row or a column that is broadcast over a band is copied to them where two rows fit in, which
    takes up to twice as long as the arithmetic (measured with NumPy 2.4).
    """
    size = np.getbufsize()
    np.setbufsize(min(size, max(512, -(-width // 16) * 16)))
    try:
        yield
    finally:
        np.setbufsize(size)


class _TableFrames:
    """Frames of one value a pixel, straight from the table into the canvas."""

    def __init__(self, plan: RenderPlan, limits: FrameLimits, *, lasting: bool) -> None:
        assert isinstance(limits, Limits), f"{limits = }"
        self._plan = plan
        self._indexer = Indexer(plan.field, limits)
        self._pixels = _pixels(plan, limits).composed(self._indexer.composed)
        if lasting:
            self._pixels.pair()

    def render(
        self, frame: AnyArray, background: Bytes | None, mask: None, out: Bytes, s: Scratch
    ) -> None:
        """Render one frame, shape (H, W) or (H, W, C)."""
        values = Values(channels_of(frame, self._plan.field)[0], self._plan.field, s)
        if self._plan.field.outlines:
            index = _outlined(values, self._indexer, self._plan, s)
        for top in range(0, s.height, s.band):
            bottom = min(top + s.band, s.height)
            if self._plan.field.outlines:
                band: Index = index[top:bottom]
            else:
                compact = self._pixels.paired
                band = self._indexer(values.band(top, bottom), top, s, compact)
            self._pixels.write(band, top, background, out, s)


def _pixels(plan: RenderPlan, limits: Limits) -> Pixels:
    if plan.canvas.is_gray:
        return GrayPixels(plan.canvas)
    table = plan.table(limits)
    field = plan.field
    plain = field.rows.whole and field.columns.whole and not field.outlines
    rows = len(table.transmission)
    make = Yuv420Pixels if plan.canvas.subsampled else WholePixels
    return make(plan.canvas, table, rows - EXTRA_ROWS if plain else rows)


def _outlined(values: Values, indexer: Indexer, plan: RenderPlan, s: Scratch) -> NDArray[np.intp]:
    """Rows of the table for the whole frame, lines between labels included."""
    bands = []
    for top in range(0, s.height, s.band):
        band = values.band(top, min(top + s.band, s.height)).copy()
        bands.append((band, indexer(band, top, s, compact=False).copy()))
    labels, index = (np.concatenate(parts) for parts in zip(*bands, strict=True))
    inside = (plan.field.rows.covered, plan.field.columns.covered)
    row = indexer.extra + OUTLINE
    mark_outlines(index[inside], labels[inside], plan.field.outlines, row)
    height, width = plan.composed_on.content_height, plan.composed_on.content_width
    index[height:], index[:, width:] = index[height - 1], index[:, width - 1 : width]
    return index


class _FrontFrames:
    """Frames whose front is computed pixel by pixel, and blended in the canvas or in RGB."""

    def __init__(self, plan: RenderPlan, limits: FrameLimits, *, lasting: bool) -> None:
        self._plan, self._limits = plan, limits
        field = plan.field
        if field.kind == "scalar":
            assert isinstance(limits, Limits), f"{limits = }"
            self._indexers = [Indexer(field, limits)]
            self._table = plan.table(limits)
            self._alpha = fixed_point(field.rows_alpha(limits))
            self._rgb = field.rows_rgb()
        else:
            self._alpha = fixed_point(np.array([field.alpha, field.colors.alpha[-1] * field.alpha]))
            channel_limits = (limits,) if isinstance(limits, Limits) else limits
            if field.kind == "rgb":
                self._indexers = [Indexer(field, own) for own in channel_limits]

    def render(
        self,
        frame: AnyArray,
        background: Bytes | None,
        mask: NDArray[np.float32] | None,
        out: Bytes,
        s: Scratch,
    ) -> None:
        """Render one frame, shape (H, W) or (H, W, C)."""
        plan = self._plan
        weights = None if mask is None or plan.mask is None else _mask(mask, plan, s)
        own = enumerate(channels_of(frame, plan.field))
        channels = [Values(values, plan.field, s, i) for i, values in own]
        composed = out if plan.composed_on is plan.canvas else self._rgb_frame(s)
        outlined = None
        if plan.field.outlines:
            outlined = _outlined(channels[0], self._indexers[0], plan, s)
        for top in range(0, s.height, s.band):
            rows = slice(top, min(top + s.band, s.height))
            index = outlined[rows] if outlined is not None else None
            part = None if weights is None else weights[rows]
            self._band(channels, index, rows, part, background, composed, s)
        if plan.composed_on is not plan.canvas:
            rgb = plan.composed_on.planes[0].of(composed)
            rgb_to_canvas(rgb, plan.canvas, out)

    def _rgb_frame(self, s: Scratch) -> Bytes:
        return s.flat("RGB frame", self._plan.composed_on.frame_bytes)

    def _band(
        self,
        channels: list[Values],
        index: Index | None,
        rows: slice,
        mask: NDArray[np.int64] | None,
        background: Bytes | None,
        out: Bytes,
        s: Scratch,
    ) -> None:
        plan, canvas = self._plan, self._plan.composed_on
        if plan.field.kind == "scalar":
            index = self._rows(channels[0], index, rows, s)
            rgb, opacity = self._rgb[index], self._alpha[index]
        else:
            rgb, opacity = self._colored(channels, rows, s)
        if plan.blend != "over":
            if mask is not None:
                opacity = (opacity * mask + HALF) >> 16
            plane = canvas.planes[0]
            under = np.array(plan.under_rgb, np.uint8)
            if background is not None:
                under = plane.of(background)[rows]
            plane.of(out)[rows] = fronts.blend_rgb(rgb, opacity, under, plan.blend)
            return
        if plan.field.kind == "scalar":
            assert index is not None
            front = fronts.table_front(self._table, index)
        else:
            front = fronts.rgb_front(rgb, opacity, canvas)
        if mask is not None:
            front = fronts.masked(front, mask)
        fronts.write_over(front, canvas, rows.start, background, plan.under, out)

    def _rows(
        self, values: Values, index: Index | None, rows: slice, s: Scratch
    ) -> NDArray[np.intp]:
        """Rows of the table itself, whether it is composed or not."""
        indexer = self._indexers[0]
        if index is None:
            index = indexer(values.band(rows.start, rows.stop), rows.start, s, compact=False)
        return indexer.table_rows(index)

    def _colored(
        self, channels: list[Values], rows: slice, s: Scratch
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """RGB and opacity of a band of an RGB or flow field; NaN has the bad colour."""
        field = self._plan.field
        bands = [channel.band(rows.start, rows.stop).copy() for channel in channels]
        bad = np.zeros(bands[0].shape, bool)
        for band in bands:
            bad |= np.isnan(band)
        if field.kind == "flow":
            assert isinstance(self._limits, Limits)
            u, v = (np.where(bad, 0, band) for band in bands)
            rgb = flow_to_rgb(u, v, self._limits.vmax)
        else:
            rgb = np.stack([self._bytes(i, band, rows, s) for i, band in enumerate(bands)], -1)
        rgb[bad] = field.colors.rgb[-1]
        opacity = self._alpha[bad.astype(np.intp)]
        mark_outside(opacity, rows.start, (field.rows.covered, field.columns.covered), 0)
        return rgb, opacity

    def _bytes(self, channel: int, band: AnyArray, rows: slice, s: Scratch) -> NDArray[np.uint8]:
        """Levels of one channel of an RGB field: 0 under its limits, 255 over them."""
        indexer = self._indexers[channel]
        index = indexer(band, rows.start, s, compact=False)
        return _LEVELS[indexer.table_rows(index)]


_LEVELS = levels_of_rows(256).astype(np.uint8)


def _mask(mask: NDArray[np.float32], plan: RenderPlan, s: Scratch) -> NDArray[np.int64]:
    """Resample a mask, values 0..1, to the canvas in fixed point; NaN is 0."""
    assert plan.mask is not None
    weights = resample(np.nan_to_num(mask), *plan.mask, s)
    return np.rint(np.clip(weights, 0, 1) * np.float32(OPAQUE)).astype(np.int64)
