"""Bands of one frame's values at the canvas's size: channels, smoothing, resampling, in NumPy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colorspace import OPAQUE
from heatvid._color.flow_wheel import known_flow
from heatvid._frames import AnyArray
from heatvid._plan.tile import FieldPlan, TilePlan
from heatvid._values.averages import fill_known
from heatvid._values.channels import reduce_channels
from heatvid._values.sampling import AxisSamples, Used, smoothed
from heatvid.backends._numpy.areas import most_frequent
from heatvid.backends._numpy.pixels import Scratch

_FINITE = np.finfo(np.float32).min / 4, np.finfo(np.float32).max / 4  # differences are, too
MANY_PIXELS = 1 << 20  # of the field, more than which are not in floats at once
LONG_RUN = 8  # canvas rows that are worth calls of their own; measured


class Values:
    """The values of one frame, or of one channel of it, where the canvas has its pixels.

    Parameters
    ----------
    frame : ndarray, shape (h, w), or (h, w, C) of flow and where channels are reduced
    plan : FieldPlan
    scratch : Scratch
        For the bands, of which each is overwritten by the next.
    channel : int
        Which of those that are in use at once.
    """

    def __init__(
        self, frame: AnyArray, plan: FieldPlan, scratch: Scratch, channel: int = 0
    ) -> None:
        self._plan, self._scratch, self._channel = plan, scratch, channel
        self._identity = plan.rows.identity and plan.columns.identity
        self._converts = plan.interpolates and plan.smooth is None
        self._frame = frame
        if plan.smooth is not None:
            self._frame = self._smoothed(plan.smooth)
        self._kept: AnyArray | None = None

    def band(self, top: int, bottom: int) -> AnyArray:
        """Values of canvas rows ``top`` to ``bottom``, shape (bottom - top, W)."""
        if self._identity:
            return self._read(slice(top, bottom))
        used, rows = self._plan.rows.part(top, bottom)
        if self._plan.counts:
            out = self._scratch.part("values", self._plan.value_dtype, bottom - top)
            return most_frequent(self._read(used), rows, self._plan.columns, out)
        return resampled(self._wide(used), rows, 0, self._scratch, "values")

    def _wide(self, used: Used) -> AnyArray:
        """Rows of the field at the canvas's width; all are kept where they are few."""
        if len(self._frame) > 2 * self._scratch.band:
            return self._widened(used)
        if self._kept is None:
            self._kept = self._widened(slice(None))
        return self._kept[used]

    def _widened(self, used: Used) -> AnyArray:
        """Rows of the field, interpolated along each; where they are many, few at a time."""
        step = max(1, MANY_PIXELS // self._frame.shape[1])
        rows = np.arange(len(self._frame))[used]
        if len(rows) <= step or self._plan.columns.identity:
            return self._few_widened(used)
        name = f"all of channel {self._channel}"
        out = self._scratch.part(name, self._plan.index_dtype, len(rows))
        for top in range(0, len(rows), step):
            out[top : top + step] = self._few_widened(rows[top : top + step])
        return out

    def _few_widened(self, used: Used) -> AnyArray:
        rows, name = self._read(used), f"of channel {self._channel}"
        if self._converts:
            floats = self._scratch.part(f"field {name}", self._plan.index_dtype, *rows.shape)
            _convert(rows, self._plan, floats)
            rows = floats
        return resampled(rows, self._plan.columns, 1, self._scratch, f"wide {name}")

    def _read(self, used: Used) -> AnyArray:
        """Rows of the field, its channels reduced; of flow one channel, NaN where unknown."""
        rows = self._frame[used]
        if rows.ndim == 2:
            return rows
        if self._plan.kind == "flow":
            return known_flow(rows)[..., self._channel]
        assert self._plan.reduce is not None
        return reduce_channels(rows, self._plan.reduce)

    def _smoothed(self, weights: NDArray[np.float32]) -> AnyArray:
        """The whole field, smoothed."""
        size, dtype = self._frame.shape[:2], self._plan.index_dtype
        whole, out = (
            self._scratch.part(f"{name} of channel {self._channel}", dtype, *size)
            for name in ("whole", "smoothed")
        )
        for top in range(0, size[0], self._scratch.band):
            rows = slice(top, top + self._scratch.band)
            _convert(self._read(rows), self._plan, whole[rows])
        return smoothed(whole, weights, out)


class Mask:
    """The opacity mask of one frame, shape (h, w) float32 in 0..1, where the canvas has its pixels.

    NaN is 0.
    """

    def __init__(
        self, mask: NDArray[np.float32], axes: tuple[AxisSamples, AxisSamples], scratch: Scratch
    ) -> None:
        self._mask, self._scratch = mask, scratch
        self._rows, self._columns = axes

    def band(self, top: int, bottom: int) -> NDArray[np.int32]:
        """Weights of canvas rows ``top`` to ``bottom``, shape (bottom - top, W), in 0..65536."""
        s = self._scratch
        used, rows = self._rows.part(top, bottom)
        given = self._mask[used]
        field = s.part("mask", np.float32, *given.shape)
        np.clip(given, *_FINITE, out=field)
        np.copyto(field, 0, where=np.isnan(given))
        wide = resampled(field, self._columns, 1, s, "wide mask")
        values = resampled(wide, rows, 0, s, "mask values")
        np.clip(values, 0, 1, out=values)
        values *= np.float32(OPAQUE)
        np.rint(values, out=values)
        weights = s.part("weights", np.int32, bottom - top)
        np.copyto(weights, values, casting="unsafe")
        return weights


def banded(
    frame: AnyArray, mask: NDArray[np.float32] | None, plan: TilePlan, s: Scratch
) -> Iterator[tuple[list[Values], NDArray[np.int32] | None, slice]]:
    """Give the channels of a frame, the weights of a band of its mask, and the band's rows."""
    own = enumerate(channels_of(frame, plan.field))
    channels = [Values(values, plan.field, s, i) for i, values in own]
    weights = None if mask is None or plan.mask is None else Mask(mask, plan.mask, s)
    for rows in s.bands():
        yield channels, None if weights is None else weights.band(rows.start, rows.stop), rows


def channels_of(frame: AnyArray, plan: FieldPlan) -> list[AnyArray]:
    """What :class:`Values` take of a frame, shape (H, W) or (H, W, C): one array, or several."""
    if plan.kind == "rgb":
        return [frame[..., i] for i in range(3)]
    return [frame] * (2 if plan.kind == "flow" else 1)


def _convert(frame: AnyArray, plan: FieldPlan, out: AnyArray) -> None:
    """Fill ``out``, in the precision of interpolation, with finite values.

    Infinities stay beyond any limit.
    """
    np.copyto(out, frame, casting="unsafe")
    if plan.value_dtype.kind == "f":
        bound = np.finfo(out.dtype).max / 4
        np.clip(out, -bound, bound, out=out)  # NaN stays


def resampled(frame: AnyArray, samples: AxisSamples, axis: int, s: Scratch, name: str) -> AnyArray:
    """Resample along an axis: ``a``, the nearest, or ``a + (b - a) * f`` of its neighbours ``b``.

    The result is the frame itself, where it has every sample already, or scratch of this name.
    """
    if samples.identity:
        return frame
    out = _weighted(frame, samples, axis, s, name)
    if samples.own_weight is not None and np.isnan(out.max()):
        fill_known(frame if axis else frame.T, samples, out if axis else out.T)
    return out


def _weighted(frame: AnyArray, samples: AxisSamples, axis: int, s: Scratch, name: str) -> AnyArray:
    """The same where each neighbour counts as much as its weight says."""
    neighbours = samples.neighbours
    if axis == 0 and neighbours and len(samples.first) >= LONG_RUN * len(samples.runs):
        return _between_rows(frame, samples, s, name)
    rows = len(samples.first) if axis == 0 else len(frame)
    out, second = (s.part(part, frame.dtype, rows) for part in (name, f"{name}, second"))
    first = s.part(f"{name}, first", frame.dtype, rows) if len(neighbours) > 1 else out
    own, *steps = samples.steps if samples.own_weight is not None else [None]
    if own is None:
        total = first = np.take(frame, samples.first, axis, out=first, mode="clip")
    else:
        total = first = frame[own] if axis == 0 else frame[:, own]
    for i, (places, weights) in enumerate(neighbours):
        step = steps[i] if steps else None
        if step is None:
            other = np.take(frame, places, axis, out=second, mode="clip")
        else:
            other = frame[step] if axis == 0 else frame[:, step]
        np.subtract(other, first, out=second)
        second *= np.expand_dims(weights, 1 - axis)
        total = np.add(total, second, out=out)
    return total


def _between_rows(frame: AnyArray, samples: AxisSamples, s: Scratch, name: str) -> AnyArray:
    """The same between rows, where runs of the canvas's need the same of the field.

    What they need is broadcast over each run, and the differences are taken once.
    """
    out = s.part(name, frame.dtype, len(samples.first))
    spare = s.part(f"{name}, spare", frame.dtype, len(out) + 1)
    for start, stop in samples.runs:
        first, run = frame[samples.first[start]], out[start:stop]
        total, step = first, run
        for places, weights in samples.neighbours:
            difference = np.subtract(frame[places[start]], first, out=spare[-1])
            np.multiply(difference, weights[start:stop, None], out=step)
            total, step = np.add(total, step, out=run), spare[: stop - start]
    return out
