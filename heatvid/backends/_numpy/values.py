"""Bands of one frame's values at the canvas's size: channels, smoothing, resampling, in NumPy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from heatvid._channels import reduce_channels
from heatvid._flow import known_flow
from heatvid._frames import AnyArray
from heatvid._plan import FieldPlan
from heatvid._sampling import AxisSamples, smoothed
from heatvid.backends._numpy.pixels import Scratch


class Values:
    """The values of one frame, or of one channel of it, where the canvas has its pixels.

    Parameters
    ----------
    frame : ndarray, shape (h, w)
    plan : FieldPlan
    scratch : Scratch
        For the bands.
    """

    def __init__(self, frame: AnyArray, plan: FieldPlan, scratch: Scratch) -> None:
        self._rows, self._scratch = plan.rows, scratch
        if plan.interpolates:
            frame = _finite(frame, plan)
        if plan.smooth is not None:
            frame = smoothed(frame, plan.smooth)
        self._identity = plan.rows.identity and plan.columns.identity
        self._frame = frame if self._identity else along_rows(frame, plan.columns)

    def band(self, top: int, bottom: int) -> AnyArray:
        """Values of canvas rows ``top`` to ``bottom``, shape (bottom - top, W)."""
        if self._identity:
            return self._frame[top:bottom]
        if not self._rows.interpolates:
            return self._frame[self._rows.first[top:bottom]]
        out = self._scratch.part("values", self._frame.dtype, bottom - top)
        between_rows(self._frame, self._rows, top, bottom, out)
        return out


def channels_of(frame: AnyArray, plan: FieldPlan) -> list[AnyArray]:
    """Split a frame, shape (H, W) or (H, W, C), into what is coloured: one array, or several."""
    if plan.reduce is not None:
        return [reduce_channels(frame, plan.reduce)]
    if plan.kind == "scalar":
        return [frame]
    if plan.kind == "flow":
        frame = known_flow(frame)
    return [frame[..., i] for i in range(3 if plan.kind == "rgb" else 2)]


def resample(frame: AnyArray, rows: AxisSamples, columns: AxisSamples) -> AnyArray:
    """Resample a whole frame, (h, w) → (H, W)."""
    wide = along_rows(frame, columns)
    if not rows.interpolates:
        return wide[rows.first]
    out = np.empty((len(rows.first), wide.shape[1]), wide.dtype)
    between_rows(wide, rows, 0, len(out), out)
    return out


def _finite(frame: AnyArray, plan: FieldPlan) -> AnyArray:
    """In the precision of interpolation; infinities become finite, and stay beyond any limit."""
    frame = frame.astype(plan.index_dtype)
    if plan.value_dtype.kind == "f":
        bound = np.finfo(frame.dtype).max / 4
        np.clip(frame, -bound, bound, out=frame)  # NaN stays
    return frame


def along_rows(frame: AnyArray, columns: AxisSamples) -> AnyArray:
    """Interpolate along each row of the field, ``a + (b - a) * f``: (h, w) → (h, W)."""
    first = frame[:, columns.first]
    if columns.taps is not None and columns.tap_weights is not None:
        out = first.copy()
        for tap, weight in zip(columns.taps, columns.tap_weights, strict=True):
            out += (frame[:, tap] - first) * weight
        return out
    if columns.weight is None:
        return first
    second = frame[:, columns.second]
    np.subtract(second, first, out=second)
    np.multiply(second, columns.weight, out=second)
    return np.add(first, second, out=first)


def between_rows(frame: AnyArray, rows: AxisSamples, top: int, bottom: int, out: AnyArray) -> None:
    """Interpolate between rows, ``a + (b - a) * f``; runs of canvas rows share the two."""
    if rows.taps is not None and rows.tap_weights is not None:
        first = frame[rows.first[top:bottom]]
        np.copyto(out, first)
        weights = rows.tap_weights[:, top:bottom, None]
        for tap, weight in zip(rows.taps[:, top:bottom], weights, strict=True):
            out += (frame[tap] - first) * weight
        return
    assert rows.weight is not None
    runs = rows.runs[(rows.runs > top) & (rows.runs < bottom)]
    for start, stop in pairwise((top, *runs.tolist(), bottom)):
        a, b = frame[rows.first[start]], frame[rows.second[start]]
        run = out[start - top : stop - top]
        np.multiply(b - a, rows.weight[start:stop, None], out=run)
        np.add(a, run, out=run)
