"""Norms that bend the scale: each takes values to numbers that a linear index then takes on.

log, symlog and power are matplotlib's ``LogNorm``, ``SymLogNorm`` and ``PowerNorm``; inverse is
linear in 1/x, as disparity is in depth. Arithmetic is in float32, in float64 for wide types; values
that a norm is not defined for become NaN.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from heatvid._errors import OptionError, one_line
from heatvid._frames import AnyArray
from heatvid._values.limits import Limits

Function = Callable[[AnyArray], AnyArray]


class Bend(NamedTuple):
    """A function that bends the scale.

    Attributes
    ----------
    function : callable
        Values, float32 or float64, to numbers.
    ends : Limits
        The numbers that the first and the last colour stand for.
    limits : Limits or None
        The values that they stand for, beyond which lie the under and over rows; None where the
        numbers themselves tell.
    too_fine : bool
        Whether float32 would mistake one row in 10,000.
    """

    function: Function
    ends: Limits
    limits: Limits | None = None
    too_fine: bool = False


SYMLOG_BASE = 10.0
SYMLOG_THRESHOLD = 0.01  # of the farther limit, where none is given


@dataclass(frozen=True)
class Norm:
    """How values become places on the colour scale.

    Attributes
    ----------
    kind : str
        One of the option's (:data:`heatvid._options.checks.NORMS`), or ``matplotlib``.
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
        return self.kind in ("log", "inverse") or self._is("LogNorm")

    def gives_rows(self, dtype: np.dtype[Any]) -> bool:
        """Whether a matplotlib norm gives rows of the table instead of places in 0..1."""
        return self._is("BoundaryNorm") or (self._is("NoNorm") and dtype.kind in "iu")

    @property
    def boundaries(self) -> Any:
        """Values between which a matplotlib ``BoundaryNorm`` has one colour; None of others."""
        return self.function.boundaries if self._is("BoundaryNorm") else None

    def _is(self, name: str) -> bool:
        if self.kind != "matplotlib":
            return False
        from matplotlib import colors

        return isinstance(self.function, getattr(colors, name))

    def own_limits(self, vmin: float | None, vmax: float | None) -> tuple[Any, Any]:
        """Limits that the norm has by itself, where none were given."""
        if self.kind == "sigmoid":
            return (0.0 if vmin is None else vmin), (1.0 if vmax is None else vmax)
        if self.kind == "matplotlib":
            low, high = self._own("vmin"), self._own("vmax")
            return (vmin if low is None else low), (vmax if high is None else high)
        if self.kind in ("identity", "labels"):
            return 0.0, 0.0
        if self.kind == "centered":
            return self._around_center(vmin, vmax)
        for name, limit in (("vmin", vmin), ("vmax", vmax)):
            if self.kind in ("log", "inverse") and limit is not None and limit <= 0:
                other = " (symlog takes values of both signs)" if self.kind == "log" else ""
                raise OptionError(
                    f"{name}: got {limit:g} with norm={self.kind!r}; allowed is a number above "
                    f"0{other}"
                )
        return vmin, vmax

    def _around_center(self, vmin: float | None, vmax: float | None) -> tuple[Any, Any]:
        """Both limits where one is given, which gives the other."""
        if vmax is None and vmin is not None:
            if vmin > self.center:
                raise OptionError(
                    f"vmin: got {vmin:g}, above the center, {self.center:g}; allowed is a number "
                    "up to it, or another center="
                )
            return vmin, 2 * self.center - vmin
        if vmin is None and vmax is not None:
            if vmax < self.center:
                raise OptionError(
                    f"vmax: got {vmax:g}, below the center, {self.center:g}; allowed is a number "
                    "from it on, or another center="
                )
            return 2 * self.center - vmax, vmax
        return vmin, vmax

    def _own(self, name: str) -> float | None:
        """A limit of the matplotlib norm."""
        limit = getattr(self.function, name)
        try:
            number = None if limit is None else float(limit)
        except (TypeError, ValueError):
            number = np.nan
        if number is not None and not np.isfinite(number):
            raise OptionError(
                f"norm: {type(self.function).__name__} has {name} {limit}; allowed are None and "
                "finite numbers"
            )
        return number

    def adjust(self, limits: Limits) -> Limits:
        """Limits as the norm wants them: a centered one reaches as far on either side."""
        if self.kind == "centered":
            reach = max(abs(limits.vmin - self.center), abs(limits.vmax - self.center))
            reach = reach or max(abs(self.center), 1.0)  # it has the middle colour even alone
            reach = min(reach, sys.float_info.max - abs(self.center))  # beyond is no number
            return Limits(self.center - reach, self.center + reach)
        if self.positive and limits.vmax <= 0:
            limits = Limits(1.0, 10.0)  # nothing in the data is positive
        if self.kind == "matplotlib":
            normalize = self.bound_to(limits)
            return Limits(float(normalize.vmin), float(normalize.vmax))
        return limits

    def bind(self, limits: Limits) -> Bend | None:
        """Give what bends the scale; None where nothing does."""
        if self.kind == "log":
            return _log(limits)
        if self.kind == "inverse":
            return _inverse(limits)
        if self.kind == "symlog":
            return _bend(self._symlog(limits), limits)
        if self.kind == "power":
            return Bend(self._power(limits), Limits(0.0, 1.0), limits)
        if self.kind == "sigmoid":
            return Bend(_sigmoid, limits)
        if self.kind == "matplotlib":
            return Bend(self._matplotlib(limits), Limits(0.0, 1.0))
        return None

    def threshold(self, limits: Limits) -> float:
        """Where a symlog norm turns linear."""
        return self.linthresh or SYMLOG_THRESHOLD * max(map(abs, limits)) or 1.0

    def _symlog(self, limits: Limits) -> Function:
        chosen = self.threshold(limits)
        linear = 1 / (1 - 1 / SYMLOG_BASE)  # of matplotlib's linscale, 1

        def function(values: AnyArray) -> AnyArray:
            kind = values.dtype.type
            threshold = kind(max(chosen, float(np.finfo(kind).tiny)))
            size = np.abs(values)
            far = np.log(np.maximum(size, threshold) / threshold)
            if np.isinf(far).any():  # beyond the largest quotient
                far = np.where(np.isinf(far), np.log(size) - np.log(threshold), far)
            far = threshold * (kind(linear) + far / kind(np.log(SYMLOG_BASE)))
            near = size * kind(linear)
            bent: AnyArray = np.copysign(np.where(size > threshold, far, near), values)
            return bent

        return function

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
        normalize = self.bound_to(limits)

        def function(values: AnyArray) -> AnyArray:
            try:
                places = np.ma.asarray(normalize(values), values.dtype)
            except Exception as error:
                raise OptionError(
                    f"norm: {type(normalize).__name__} fails on values: {one_line(error)}; allowed "
                    "are norms that take every array"
                ) from error
            filled: AnyArray = np.ma.filled(places, np.nan)
            return np.where(np.isnan(values), values, filled)

        return function

    def bound_to(self, limits: Limits) -> Any:
        """Copy the matplotlib norm, with these limits where it has none itself."""
        normalize = copy.deepcopy(self.function)
        try:
            normalize.autoscale_None(np.array(limits, np.float64))
            ends = np.ma.asarray(normalize(np.array(limits, np.float64)), np.float64)
            if ends.shape != (2,):
                raise ValueError(f"it makes shape {ends.shape} of shape (2,)")
        except Exception as error:
            raise OptionError(
                f"norm: {type(normalize).__name__} refuses limits {limits.vmin:g}, "
                f"{limits.vmax:g}: {one_line(error)}; allowed are limits that it takes"
            ) from error
        return normalize


def _bend(function: Function, limits: Limits) -> Bend:
    with np.errstate(all="ignore"):
        ends = Limits(*function(np.array(limits, np.float64)).tolist())
    return Bend(function, ends, limits, _lie_close(ends))


def _lie_close(ends: Limits) -> bool:
    return ends.vmax - ends.vmin < 0.5 * max(map(abs, ends))


def _log(limits: Limits) -> Bend:
    """Places in 0..1, one operation after the other as matplotlib's LogNorm has them."""
    low, high = np.log10(np.array(limits, np.float64))
    span = high - low or np.inf

    def function(values: AnyArray) -> AnyArray:
        places = np.log10(np.where(values > 0, values, values.dtype.type(np.nan)))
        places -= low
        places /= span
        return places

    return Bend(function, Limits(0.0, 1.0), limits, _lie_close(Limits(low, high)))


def _inverse(limits: Limits) -> Bend:
    """Places in 0..1, ``(1 - low / x) / (1 - low / high)``: the differences of 1/x.

    They rise with the values, as those of all norms do. In this form nothing overflows between the
    limits.
    """
    low, high = limits
    span = 1 - low / high if high > 0 else 0.0

    def function(values: AnyArray) -> AnyArray:
        kind = values.dtype.type
        places: AnyArray = kind(1) - kind(low) / np.where(values > 0, values, kind(np.nan))
        places /= kind(span or np.inf)
        return places

    return Bend(function, Limits(0.0, 1.0), limits, _lie_close(limits))


def _sigmoid(values: AnyArray) -> AnyArray:
    one = values.dtype.type(1)
    probabilities: AnyArray = one / (one + np.exp(-values))
    return probabilities
