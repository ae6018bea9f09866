"""Values to table rows: limits, the index arithmetic that every backend repeats, moving limits.

The index of a value ``x`` in a table of N colours is ``int((x - vmin) * scale)``. Values up to 16
bits and float32 do it in float32, in this order and without fused multiply-add, with
``scale = float32(N / (vmax - vmin))``; wider types, and limits whose range float32 cannot hold,
in float64 as ``int((x - vmin) / (vmax - vmin) * N)``. Below ``vmin`` lies row N, above ``vmax``
row N + 1, NaN at row N + 2; ``vmax`` itself is the last colour, and where ``vmin == vmax`` that
value is the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from heatvid._errors import OptionError
from heatvid._frames import AnyArray

Scope = Literal["sequence", "frame", "running"]

RUNNING_HALF_LIFE_SECONDS = 1.0  # running limits go half the way to the frame's own in this time


class Limits(NamedTuple):
    """The values that the first and the last colour stand for."""

    vmin: float
    vmax: float


@dataclass(frozen=True)
class LinearIndex:
    """The constants of the index arithmetic, for one dtype, one pair of limits, one table.

    Attributes
    ----------
    limits : Limits
    entries : int
        N, the colours between the limits.
    dtype : numpy.dtype
        Of the values; resampled ones are float32 or float64 already.
    """

    limits: Limits
    entries: int
    dtype: np.dtype[Any]

    rises: ClassVar[bool] = True  # with the values, so that clipping leaves an order

    @cached_property
    def working(self) -> type[np.float32 | np.float64]:
        """The precision of the arithmetic."""
        if resampled_dtype(self.dtype) == np.float64:
            return np.float64
        with np.errstate(over="ignore", invalid="ignore"):
            vmin, vmax = (np.float32(limit) for limit in self.limits)
            if self.limits.vmin == self.limits.vmax:
                return np.float32 if float(vmin) == self.limits.vmin else np.float64
            span = vmax - vmin
            scale = np.float32(self.entries / (float(vmax) - float(vmin))) if span else np.inf
        fits = np.isfinite(span) and np.isfinite(scale) and scale >= np.finfo(np.float32).tiny
        return np.float32 if fits else np.float64

    @cached_property
    def vmin(self) -> np.floating[Any]:
        """The lower limit in working precision."""
        return self.working(self.limits.vmin)

    @cached_property
    def vmax(self) -> np.floating[Any]:
        """The upper limit in working precision."""
        return self.working(self.limits.vmax)

    @cached_property
    def scale(self) -> np.floating[Any]:
        """Table rows a unit, in float32; 0 where the limits are equal."""
        span = float(self.vmax) - float(self.vmin)
        return self.working(self.entries / span if span else 0.0)

    def positions(self, values: AnyArray, out: AnyArray) -> None:
        """Fill ``out``, same shape, in working precision, with unclipped positions in the table."""
        if self.working is np.float32:
            np.subtract(values, self.vmin, out=out, dtype=np.float32)
            np.multiply(out, self.scale, out=out)
            return
        # Halves keep limits like ±1e308 apart by a finite range.
        half = 1.0 if np.isfinite(self.vmax - self.vmin) else 0.5
        span = self.vmax * half - self.vmin * half
        np.multiply(values, half, out=out, dtype=np.float64)
        np.subtract(out, self.vmin * half, out=out)
        np.divide(out, span if span else np.inf, out=out)
        np.multiply(out, float(self.entries), out=out)

    def __call__(self, values: AnyArray) -> NDArray[np.intp]:
        """Rows of the table, same shape as ``values``: the definition, in plain NumPy."""
        with np.errstate(all="ignore"):
            positions = np.empty(values.shape, self.working)
            self.positions(values, positions)
            rows = self._clipped(positions)
            compared = values.astype(self.working, copy=False)
        rows[compared < self.vmin] = self.entries
        rows[compared > self.vmax] = self.entries + 1
        rows[np.isnan(compared)] = self.entries + 2
        return rows

    def _clipped(self, positions: AnyArray) -> NDArray[np.intp]:
        finite = np.nan_to_num(positions, nan=0.0, posinf=0.0, neginf=0.0)
        rows: NDArray[np.intp] = np.clip(finite, 0, self.entries - 1).astype(np.intp)
        return rows

    def of_every_value(self) -> NDArray[np.intp]:
        """Rows of all values of a dtype of at most 16 bits, by their bits as an unsigned number."""
        values = every_value(self.dtype)
        if self.dtype.kind == "f" or self.working is np.float64:
            return self(values)
        # Division, then float32, as matplotlib's Normalize has it: integers lie on bin edges.
        span = self.limits.vmax - self.limits.vmin
        with np.errstate(all="ignore"):
            offsets = (values - self.limits.vmin).astype(np.float32)
            fractions = np.divide(offsets, span or np.inf, dtype=np.float64).astype(np.float32)
            rows = self._clipped(fractions * np.float32(self.entries))
        rows[values < self.limits.vmin] = self.entries
        rows[values > self.limits.vmax] = self.entries + 1
        return rows


def is_tabled(dtype: DTypeLike) -> bool:
    """Whether the dtype has so few values that a table holds the colour of each."""
    return np.dtype(dtype).itemsize <= 2


def every_value(dtype: np.dtype[Any]) -> AnyArray:
    """All values of a dtype of at most 16 bits, at the place of their bits as unsigned number."""
    bits = np.arange(1 << (8 * dtype.itemsize)).astype(f"u{dtype.itemsize}")
    values: AnyArray = bits != 0 if dtype.kind == "b" else bits.view(dtype)
    return values


def resampled_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The precision that values are interpolated in: float32, or float64 for wider types."""
    wide = dtype.itemsize > 4 or (dtype.kind in "iu" and dtype.itemsize == 4)
    return np.dtype(np.float64 if wide else np.float32)


@dataclass(frozen=True)
class ValueRange:
    """Which values the colours span: what the caller fixed, and how the rest is found.

    Attributes
    ----------
    vmin, vmax : float or None
        Fixed limits; None means found from the data.
    percentiles : (float, float)
        The percentiles that found limits are taken at; (0, 100) is the minimum and maximum.
    scope : {"sequence", "frame", "running"}
        Over which values: all frames, each frame by itself, or each frame smoothed over time.
    """

    vmin: float | None = None
    vmax: float | None = None
    percentiles: tuple[float, float] = (0.0, 100.0)
    scope: Scope = "sequence"

    def __post_init__(self) -> None:
        if self.vmin is not None and self.vmax is not None:
            _check_order(self.vmin, self.vmax)

    @property
    def fixed(self) -> Limits | None:
        """The limits, where the caller gave both."""
        if self.vmin is None or self.vmax is None:
            return None
        return Limits(self.vmin, self.vmax)

    def limits(self, low: float | None, high: float | None) -> Limits:
        """Limits from the data's own, ``low`` and ``high`` (None where nothing is finite)."""
        if self.vmin is not None:
            low, high = self.vmin, self.vmin if high is None else max(high, self.vmin)
        if self.vmax is not None:
            low, high = self.vmax if low is None else min(low, self.vmax), self.vmax
        return Limits(0.0 if low is None else low, 0.0 if high is None else high)


def _check_order(vmin: float, vmax: float) -> None:
    if vmin > vmax:
        raise OptionError(
            f"vmin: {vmin} is greater than vmax, {vmax}; allowed is vmin <= vmax "
            "(to turn the colours around, reverse the colormap: cmap='NAME_r')"
        )


def dtype_limits(dtype: np.dtype[Any]) -> Limits | None:
    """Limits that a dtype has by itself: 0..255 for uint8, 0..1 for bool."""
    if dtype == np.uint8:
        return Limits(0.0, 255.0)
    return Limits(0.0, 1.0) if dtype == np.bool_ else None


Measure = Callable[[Any, tuple[float, float]], "Iterable[Limits | None]"]


class MovingLimits:
    """Limits of frame after frame, for the scopes ``frame`` and ``running``.

    ``running`` limits start at the first frame's own and follow by exponential smoothing,
    ``l += (own - l) * (1 - 0.5 ** (1 / (fps * half-life)))``, with a half-life of
    :data:`RUNNING_HALF_LIFE_SECONDS`: fast enough to follow a change of scene, slow enough not to
    flicker. Frames without a finite value leave them as they are.

    Parameters
    ----------
    value_range : ValueRange
    fps : float
    measure : callable, optional
        Gives the limits of each of some frames; :func:`frame_limits` of one after the other.
    """

    def __init__(self, value_range: ValueRange, fps: float, measure: Measure | None = None) -> None:
        self._range, self._measure = value_range, measure or _each
        running = value_range.scope == "running"
        self._weight = 1 - 0.5 ** (1 / (fps * RUNNING_HALF_LIFE_SECONDS)) if running else 1.0
        self._low: float | None = None
        self._high: float | None = None

    def __call__(self, frames: Sequence[AnyArray] | AnyArray) -> tuple[Limits, ...]:
        """Limits of consecutive frames, in order."""
        return tuple(self._next(own) for own in self._measure(frames, self._range.percentiles))

    def _next(self, own: Limits | None) -> Limits:
        if own is None:
            return self._range.limits(self._low, self._high)
        self._low = self._follow(self._low, own.vmin)
        self._high = self._follow(self._high, own.vmax)
        return self._range.limits(self._low, self._high)

    def _follow(self, current: float | None, own: float) -> float:
        return own if current is None else current * (1 - self._weight) + own * self._weight


def _each(
    frames: Sequence[AnyArray] | AnyArray, percentiles: tuple[float, float]
) -> Iterable[Limits | None]:
    return [frame_limits(frame, percentiles) for frame in frames]


def frame_limits(frame: AnyArray, percentiles: tuple[float, float]) -> Limits | None:
    """Percentiles of one frame's finite values; None where it has none."""
    if percentiles == (0.0, 100.0):
        low, high = frame.min(), frame.max()
        if np.isfinite(low) and np.isfinite(high):
            return Limits(float(low), float(high))
    finite = frame[np.isfinite(frame)]
    if not finite.size:
        return None
    values = finite.astype(np.float64)
    with np.errstate(over="ignore"):  # halves of doubles as far apart as ±1e308 have a difference
        scale = 1.0 if np.isfinite(values.max() - values.min()) else 2.0
    low, high = np.percentile(values / scale, percentiles) * scale
    return Limits(float(low), float(high))
