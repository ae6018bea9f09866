"""Norms that bend the scale: each takes values to numbers that a linear index then takes on.

log, symlog and power are matplotlib's ``LogNorm``, ``SymLogNorm`` and ``PowerNorm``. Arithmetic is
in float32, in float64 for wide types; values that a norm is not defined for become NaN.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from heatvid._errors import OptionError
from heatvid._frames import AnyArray
from heatvid._norms import Limits

Kind = Literal["linear", "centered", "log", "symlog", "power", "sigmoid", "identity", "labels"]
KINDS = ("linear", "centered", "log", "symlog", "power", "sigmoid", "identity", "labels")
Function = Callable[[AnyArray], AnyArray]

SYMLOG_BASE = 10.0
SYMLOG_THRESHOLD = 0.01  # of the farther limit, where none is given


@dataclass(frozen=True)
class Norm:
    """How values become places on the colour scale.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`, or ``matplotlib``.
    center : float
        The value in the middle of a centered norm.
    gamma : float
        Exponent of a power norm.
    linthresh : float or None
        Where a symlog norm turns linear; by default 1/100 of the farther limit.
    function : callable or None
        A matplotlib ``Normalize``, which takes values to 0..1.
    """

    kind: str = "linear"
    center: float = 0.0
    gamma: float = 1.0
    linthresh: float | None = None
    function: Any = None

    @property
    def positive(self) -> bool:
        """Whether only values above 0 have a place."""
        return self.kind == "log"

    @property
    def needs_limits(self) -> bool:
        """Whether the data's range matters."""
        if self.kind == "matplotlib":
            return self.function.vmin is None or self.function.vmax is None
        return self.kind not in ("identity", "labels")

    def own_limits(self, vmin: float | None, vmax: float | None) -> tuple[Any, Any]:
        """Limits that the norm has by itself, where none were given."""
        if self.kind == "sigmoid":
            return (0.0 if vmin is None else vmin), (1.0 if vmax is None else vmax)
        if self.kind == "matplotlib":
            low, high = self.function.vmin, self.function.vmax
            return (None if low is None else float(low)), (None if high is None else float(high))
        if self.kind in ("identity", "labels"):
            return 0.0, 0.0
        return vmin, vmax

    def adjust(self, limits: Limits) -> Limits:
        """Limits as the norm wants them: a centered one reaches as far on either side."""
        if self.kind == "centered":
            reach = max(abs(limits.vmin - self.center), abs(limits.vmax - self.center))
            return Limits(self.center - reach, self.center + reach)
        if self.kind == "log" and limits.vmin <= 0:
            if limits.vmax > 0:
                raise OptionError(
                    f"norm: log with vmin {limits.vmin:g}; allowed is vmin > 0 (symlog takes "
                    "values of both signs)"
                )
            return Limits(1.0, 1.0)  # nothing in the data is positive
        return limits

    def bind(self, limits: Limits) -> tuple[Function | None, Limits]:
        """Give the function of values, None for the identity, and the limits it leads to."""
        if self.kind == "log":
            return _log, Limits(*(float(np.log(limit)) for limit in limits))
        if self.kind == "symlog":
            return self._symlog(limits)
        if self.kind == "power":
            return self._power(limits), Limits(0.0, 1.0)
        if self.kind == "sigmoid":
            return _sigmoid, limits
        if self.kind == "matplotlib":
            return self._matplotlib(limits), Limits(0.0, 1.0)
        return None, limits

    def _symlog(self, limits: Limits) -> tuple[Function, Limits]:
        threshold = self.linthresh or SYMLOG_THRESHOLD * max(map(abs, limits)) or 1.0
        linear = 1 / (1 - 1 / SYMLOG_BASE)  # of matplotlib's linscale, 1

        def function(values: AnyArray) -> AnyArray:
            kind = values.dtype.type
            size = np.abs(values)
            far = np.log(np.maximum(size, kind(threshold)) / kind(threshold))
            far = kind(threshold) * (kind(linear) + far / kind(np.log(SYMLOG_BASE)))
            near = size * kind(linear)
            bent: AnyArray = np.copysign(np.where(size > threshold, far, near), values)
            return bent

        ends = function(np.array(limits, np.float64))
        return function, Limits(float(ends[0]), float(ends[1]))

    def _power(self, limits: Limits) -> Function:
        span = limits.vmax - limits.vmin

        def function(values: AnyArray) -> AnyArray:
            kind = values.dtype.type
            places = (values - kind(limits.vmin)) / kind(span or np.inf)
            bent = np.power(np.maximum(places, kind(0)), kind(self.gamma))
            powers: AnyArray = np.where(places > 0, bent, places)
            return powers

        return function

    def _matplotlib(self, limits: Limits) -> Function:
        normalize = copy.copy(self.function)
        normalize.vmin, normalize.vmax = limits

        def function(values: AnyArray) -> AnyArray:
            places = np.ma.asarray(normalize(values), values.dtype)
            filled: AnyArray = np.ma.filled(places, np.nan)
            return filled

        return function


def _log(values: AnyArray) -> AnyArray:
    return np.log(np.where(values > 0, values, values.dtype.type(np.nan)))


def _sigmoid(values: AnyArray) -> AnyArray:
    one = values.dtype.type(1)
    probabilities: AnyArray = one / (one + np.exp(-values))
    return probabilities
