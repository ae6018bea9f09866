"""The values that the first and the last colour stand for: given, found, or moving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from heatvid._errors import OptionError
from heatvid._frames import AnyArray

Scope = Literal["sequence", "frame", "running"]

RUNNING_HALF_LIFE_SECONDS = 1.0  # running limits go half the way to the frame's own in this time


class Limits(NamedTuple):
    """The values that the first and the last colour stand for."""

    vmin: float
    vmax: float


FieldLimits = Limits | tuple[Limits, ...]  # of a field: one pair, or one a channel


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
    """

    def __init__(self, value_range: ValueRange, fps: float) -> None:
        self._range = value_range
        running = value_range.scope == "running"
        self._weight = 1 - 0.5 ** (1 / (fps * RUNNING_HALF_LIFE_SECONDS)) if running else 1.0
        self._low: float | None = None
        self._high: float | None = None

    def __call__(self, own: Limits | None) -> Limits:
        """Limits of the next frame, from its own; None where it has none."""
        if own is None:
            return self._range.limits(self._low, self._high)
        self._low = self._follow(self._low, own.vmin)
        self._high = self._follow(self._high, own.vmax)
        return self._range.limits(self._low, self._high)

    def _follow(self, current: float | None, own: float) -> float:
        return own if current is None else current * (1 - self._weight) + own * self._weight


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
