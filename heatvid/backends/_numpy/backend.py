"""The NumPy backend: the specification of what every other backend computes.

A frame is rendered in bands of rows that stay in the cache, each in three steps::

    values   the field's own rows, or interpolated: along rows first, then between them
    index    rows of the colour table (heatvid._values.index has the arithmetic)
    pixels   gathered from the table, and blended over the background

Floating-point steps are single NumPy operations in float32 (float64 for wide types), so nothing is
fused; blending is integer arithmetic (heatvid._color.colorspace.CanvasTable). What no table holds
goes through .colors and .fronts, channel by channel; blend modes other than ``over`` through
.blends. Pixels of 10 bits are written by .deep, what keeps its alpha by .straight.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colorspace import levels_to_canvas
from heatvid._frames import AnyArray, Bytes
from heatvid._plan.tile import EXTRA_ROWS, TilePlan
from heatvid._values.limits import FieldLimits, Limits
from heatvid.backends._base import HostRenderer, Slot
from heatvid.backends._numpy.blends import blend_levels
from heatvid.backends._numpy.colors import ChannelColors, Colors, TableColors
from heatvid.backends._numpy.deep import DeepPixels
from heatvid.backends._numpy.fronts import MaskedFront, masked, write_over
from heatvid.backends._numpy.pixels import Scratch, SinglePixels, WholePixels, Yuv420Pixels
from heatvid.backends._numpy.rows import TableRows
from heatvid.backends._numpy.straight import StraightFrames
from heatvid.backends._numpy.values import Values, banded, channels_of

Pixels = Yuv420Pixels | WholePixels | SinglePixels | DeepPixels


def missing() -> None:
    """Say what the machine lacks for this backend: nothing, ever."""


def make() -> NumpyBackend:
    """Make the backend."""
    return NumpyBackend()


class NumpyBackend(HostRenderer):
    """Renders with NumPy alone; calls for different slots may run at once."""

    name = "numpy"
    synchronous = True

    def prepare(self, plan: TilePlan) -> None:
        """Make the tables, where the limits are known already."""
        self._plan = plan
        scalar = plan.field.kind == "scalar" and plan.mask is None and plan.blend == "over"
        front = StraightFrames if plan.canvas.has_alpha else _FrontFrames
        self._make = _TableFrames if scalar and not plan.canvas.has_alpha else front
        self._fixed: _TableFrames | _FrontFrames | StraightFrames | None = None
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

    def __init__(self, plan: TilePlan, limits: FieldLimits, *, lasting: bool) -> None:
        assert isinstance(limits, Limits), f"{limits = }"
        self._plan = plan
        self._rows = TableRows(plan, limits)
        self._pixels = self._make_pixels(limits).composed(self._rows.composed)
        if lasting:
            self._pixels.pair()

    def _make_pixels(self, limits: Limits) -> Pixels:
        canvas = self._plan.canvas
        if canvas.is_gray or canvas.has_palette:
            return SinglePixels(canvas, self._plan.samples_of_rows)
        table = self._plan.table(limits)
        if canvas.bits > 8:
            return DeepPixels(canvas, table)
        rows = len(table.transmission)
        make = Yuv420Pixels if canvas.subsampled else WholePixels
        return make(canvas, table, rows - EXTRA_ROWS if self._rows.plain else rows)

    def render(
        self, frame: AnyArray, background: Bytes | None, mask: None, out: Bytes, s: Scratch
    ) -> None:
        """Render one frame, shape (H, W) or (H, W, C)."""
        values = Values(channels_of(frame, self._plan.field)[0], self._plan.field, s)
        for rows in s.bands():
            band = self._rows.band(values, rows, s, compact=self._pixels.paired)
            self._pixels.write(band, rows.start, background, out, s)


class _FrontFrames:
    """Frames whose front is computed pixel by pixel, and blended in the canvas or in RGB."""

    def __init__(self, plan: TilePlan, limits: FieldLimits, *, lasting: bool) -> None:
        self._plan = plan
        make = TableColors if plan.field.kind == "scalar" else ChannelColors
        self._colors: Colors = make(plan, limits)

    def render(
        self,
        frame: AnyArray,
        background: Bytes | None,
        mask: NDArray[np.float32] | None,
        out: Bytes,
        s: Scratch,
    ) -> None:
        """Render one frame, shape (H, W) or (H, W, C)."""
        write = self._write_over if self._plan.blend == "over" else self._write_mixed
        for channels, weights, rows in banded(frame, mask, self._plan, s):
            write(channels, weights, rows, background, out, s)

    def _write_over(
        self,
        channels: list[Values],
        mask: NDArray[np.int32] | None,
        rows: slice,
        background: Bytes | None,
        out: Bytes,
        s: Scratch,
    ) -> None:
        front = self._colors.front(channels, rows, s)
        if mask is not None:
            front = MaskedFront(front, mask, s)
        write_over(front, self._plan.canvas, rows, background, self._plan.under, out, s)

    def _write_mixed(
        self,
        channels: list[Values],
        mask: NDArray[np.int32] | None,
        rows: slice,
        background: Bytes | None,
        out: Bytes,
        s: Scratch,
    ) -> None:
        levels, opacity = self._colors.levels(channels, rows, s)
        if mask is not None:
            opacity = masked(opacity, mask, s)
        under = np.array(self._plan.under_rgb, np.uint8)
        if background is not None:
            under = self._plan.composed_on.planes[0].of(background)[rows]
        blend_levels(levels, opacity, under, self._plan.blend, s)
        levels_to_canvas(levels, self._plan.canvas, rows.start, out)
