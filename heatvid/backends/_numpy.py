"""The NumPy backend: the specification of what every other backend computes.

A frame is rendered in bands of rows that stay in the cache, each in three steps::

    values   the field's own rows, or interpolated: along rows first, then between them
    index    rows of the colour table (heatvid._norms has the arithmetic)
    pixels   gathered from the table, and blended over the background

Floating-point steps are single NumPy operations in float32 (float64 for wide types), so nothing is
fused; blending is integer arithmetic (heatvid._colorspace.CanvasTable).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray, Bytes
from heatvid._norms import Limits, LinearIndex
from heatvid._plan import AxisSamples, FieldPlan, RenderPlan
from heatvid.backends._base import Slot
from heatvid.backends._numpy_pixels import Index, Rgb24Pixels, Scratch, Yuv420Pixels


class NumpyBackend:
    """Renders with NumPy alone; calls for different slots may run at once."""

    name = "numpy"

    def prepare(self, plan: RenderPlan) -> None:
        """Pack the table, and compose it where the limits are known already."""
        self._plan = plan
        make = Yuv420Pixels if plan.canvas.pixel_format == "yuv420p" else Rgb24Pixels
        self._pixels: Yuv420Pixels | Rgb24Pixels = make(plan.canvas, plan.field.table)
        self._indexer: _Indexer | None = None
        if plan.field.limits is not None:
            self._indexer = _Indexer(plan.field, plan.field.limits)
            self._pixels = self._pixels.composed(self._indexer.composed)
            self._pixels.pair()

    def slot(self, input_shape: tuple[int, ...]) -> Slot:
        """Make a slot with its scratch."""
        plan = self._plan
        n, frame = plan.batch_size, plan.canvas.frame_bytes
        field_input = np.empty((n, *input_shape) if input_shape else (0,), plan.field.dtype)
        background = np.empty((n, frame) if plan.blends else (0, 0), np.uint8)
        slot = Slot(field_input, background, np.empty((n, frame), np.uint8))
        slot.backend = Scratch(plan.canvas.width, plan.canvas.height)
        return slot

    def render(self, slot: Slot) -> None:
        """Render the slot's frames, one after the other."""
        with np.errstate(all="ignore"):  # NaN, even signalling, and infinities are values
            self._render(slot)

    def _render(self, slot: Slot) -> None:
        for i, frame in enumerate(slot.data):
            indexer, pixels = self._indexer, self._pixels
            if indexer is None:
                indexer = _Indexer(self._plan.field, slot.limits[i])
                pixels = pixels.composed(indexer.composed)
            background = slot.background[i] if self._plan.blends else None
            values = _Values(self._plan.field, frame, slot.backend)
            _render_frame(values, indexer, pixels, background, slot.output[i], slot.backend)

    def wait(self, slot: Slot) -> None:
        """Nothing to wait for: :meth:`render` returns when it is done."""

    def close(self) -> None:
        """Nothing to give back."""


def _render_frame(
    values: _Values,
    indexer: _Indexer,
    pixels: Yuv420Pixels | Rgb24Pixels,
    background: Bytes | None,
    out: Bytes,
    scratch: Scratch,
) -> None:
    for top in range(0, scratch.height, scratch.band):
        bottom = min(top + scratch.band, scratch.height)
        index = indexer(values.rows(top, bottom), scratch, compact=pixels.paired)
        pixels.write(index, top, background, out, scratch)


class _Values:
    """Bands of one frame's values at the canvas's size."""

    def __init__(self, plan: FieldPlan, frame: AnyArray, scratch: Scratch) -> None:
        self._plan, self._scratch = plan, scratch
        self._identity = plan.rows.identity and plan.columns.identity
        if self._identity:
            self._frame = frame
        else:
            self._frame = _along_rows(_finite(frame, plan), plan.columns)

    def rows(self, top: int, bottom: int) -> AnyArray:
        """Values of canvas rows ``top`` to ``bottom``, shape (bottom - top, W)."""
        samples = self._plan.rows
        if self._identity:
            return self._frame[top:bottom]
        if samples.weight is None:
            return self._frame[samples.first[top:bottom]]
        out = self._scratch.part("values", self._frame.dtype, bottom - top)
        _between_rows(self._frame, samples, top, bottom, out)
        return out


def _finite(frame: AnyArray, plan: FieldPlan) -> AnyArray:
    """In the precision of interpolation; infinities become finite, and stay beyond any limit."""
    if not plan.interpolates:
        return frame
    frame = frame.astype(plan.index_dtype)
    if plan.dtype.kind == "f":
        bound = np.finfo(frame.dtype).max / 4
        np.clip(frame, -bound, bound, out=frame)  # NaN stays
    return frame


def _along_rows(frame: AnyArray, columns: AxisSamples) -> AnyArray:
    """Interpolate along each row of the field, ``a + (b - a) * f``: (h, w) → (h, W)."""
    first = frame[:, columns.first]
    if columns.weight is None:
        return first
    second = frame[:, columns.second]
    np.subtract(second, first, out=second)
    np.multiply(second, columns.weight, out=second)
    return np.add(first, second, out=first)


def _between_rows(frame: AnyArray, rows: AxisSamples, top: int, bottom: int, out: AnyArray) -> None:
    """Interpolate between rows, ``a + (b - a) * f``; runs of canvas rows share the two."""
    assert rows.weight is not None
    runs = rows.runs[(rows.runs > top) & (rows.runs < bottom)]
    for start, stop in pairwise((top, *runs.tolist(), bottom)):
        a, b = frame[rows.first[start]], frame[rows.second[start]]
        run = out[start - top : stop - top]
        np.multiply(b - a, rows.weight[start:stop, None], out=run)
        np.add(a, run, out=run)


class _Indexer:
    """Values to rows of the table: what LinearIndex defines, in place.

    Bands without NaN whose values beyond the limits have the first and last colour anyway are
    clipped and come as bytes; the others have their outsiders marked.
    """

    def __init__(self, plan: FieldPlan, limits: Limits) -> None:
        self._linear = LinearIndex(limits, plan.colors.entries, plan.index_dtype)
        self._tabled = plan.tabled
        self.composed = self._linear.of_every_value() if plan.tabled else None
        self._unsigned = np.dtype(f"u{plan.index_dtype.itemsize}") if plan.tabled else None
        self._clamps = plan.colors.clamps and self._linear.vmin < self._linear.vmax
        self._fits_bytes = self._linear.entries <= 256

    def __call__(self, values: AnyArray, scratch: Scratch, compact: bool) -> Index:
        """Rows of the table, shape of ``values``; uint8 where ``compact`` and they fit, or intp."""
        if self._unsigned is not None:
            bits = values.view(self._unsigned)
            return _copied(bits, scratch, np.uint8 if compact and bits.itemsize == 1 else np.intp)
        linear = self._linear
        low, high = values.min(), values.max()  # NaN where there is one
        inside = bool(low >= linear.vmin and high <= linear.vmax)
        clipped = inside or bool(self._clamps and low <= high)
        positions = scratch.part("positions", linear.working, len(values))
        linear.positions(values, out=positions)
        np.clip(positions, 0, linear.entries - 1, out=positions)
        small = compact and clipped and self._fits_bytes
        index = _copied(positions, scratch, np.uint8 if small else np.intp)
        if not clipped:
            _mark_outside(values.astype(linear.working, copy=False), linear, index)
        return index


def _copied(array: AnyArray, scratch: Scratch, dtype: type[np.uint8 | np.intp]) -> Index:
    index = scratch.part(f"index {dtype.__name__}", dtype, len(array))
    np.copyto(index, array, casting="unsafe")
    return index


def _mark_outside(values: AnyArray, linear: LinearIndex, index: NDArray[np.intp]) -> None:
    np.putmask(index, values < linear.vmin, linear.entries)
    np.putmask(index, values > linear.vmax, linear.entries + 1)
    np.putmask(index, np.isnan(values), linear.entries + 2)
