"""The scale along a colourbar: values to places in 0..1, and places to values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._layout.tick_places import apart
from heatvid._values.index import halving
from heatvid._values.limits import Limits
from heatvid._values.norms import SYMLOG_BASE, Norm

Floats = NDArray[np.float64]

EQUAL_SPREAD = 0.1  # of equal limits, to either side, as matplotlib's colorbars have it
_BISECTIONS = 200  # more than a double has values between two others of one sign


@dataclass(frozen=True, eq=False)
class Scale:
    """What lies where on a bar.

    Attributes
    ----------
    norm : Norm
        Any but labels.
    limits : Limits
        Of the field.
    entries : int
        Colours of the table, which the identity norm numbers.
    """

    norm: Norm
    limits: Limits
    entries: int

    @cached_property
    def edges(self) -> Floats | None:
        """Values between which there is one colour, where the norm has them: they lie evenly."""
        edges = self.norm.boundaries
        return None if edges is None else np.asarray(edges, np.float64)

    @cached_property
    def numbers_colors(self) -> bool:
        """Whether values are the numbers of colours."""
        rows = self.norm.gives_rows(np.dtype(np.intp)) and self.edges is None
        return self.norm.kind == "identity" or rows

    @cached_property
    def ends(self) -> Limits:
        """What the ends of the bar stand for: values, or probabilities of a sigmoid."""
        if self.numbers_colors:
            return Limits(-0.5, self.entries - 0.5)
        if self.edges is not None:
            return Limits(float(self.edges[0]), float(self.edges[-1]))
        limits = self.norm.adjust(self.limits)
        spread = apart(*limits, EQUAL_SPREAD)
        # The smallest numbers are spread around 0, which some norms have no place for.
        return limits if self.norm.positive and spread[0] <= 0 else Limits(*spread)

    def place(self, number: float) -> float:
        """Where a tick lies between the ends, 0 and 1."""
        return float(self.places(np.array([number], np.float64))[0])

    def places(self, numbers: Floats) -> Floats:
        """The same of several, shape (n,); NaN for what the norm is not defined for."""
        if self.edges is not None:
            return np.interp(numbers, self.edges, np.linspace(0, 1, len(self.edges)))
        bent_by = self.norm.kind != "sigmoid" and not self.numbers_colors
        bend = self.norm.bind(self.ends) if bent_by else None
        low, high = self.ends if bend is None else bend.ends
        with np.errstate(all="ignore"):
            bent = numbers if bend is None else bend.function(numbers)
            half = halving(low, high)
            places: Floats = (bent * half - low * half) / (high * half - low * half)
        return places

    def numbers(self, places: Floats) -> Floats:
        """What lies at places, shape (n,), as ticks say it."""
        inverse = getattr(self, f"_{self.norm.kind}", self._linear)
        with np.errstate(all="ignore"):
            numbers: Floats = inverse(places)
        return numbers

    def values(self, places: Floats) -> Floats:
        """The field's values at places, shape (n,); those of a sigmoid have these probabilities."""
        numbers = self.numbers(places)
        if self.norm.kind != "sigmoid":
            return numbers
        with np.errstate(all="ignore"):
            values: Floats = np.log(numbers) - np.log1p(-numbers)
        return values

    def _linear(self, places: Floats) -> Any:
        low, high = self.ends
        return low * (1 - places) + high * places

    def _log(self, places: Floats) -> Any:
        low, high = np.log10(self.ends)
        return 10 ** (low * (1 - places) + high * places)

    def _inverse(self, places: Floats) -> Any:
        low, high = self.ends
        return low / (1 - places * (1 - low / high))

    def _power(self, places: Floats) -> Any:
        low, high = self.ends
        return low + (high - low) * places ** (1 / self.norm.gamma)

    def _symlog(self, places: Floats) -> Any:
        bend = self.norm.bind(self.ends)
        assert bend is not None
        bent = bend.ends.vmin * (1 - places) + bend.ends.vmax * places
        threshold, linear = self.norm.threshold(self.ends), 1 / (1 - 1 / SYMLOG_BASE)
        size = np.abs(bent)
        far = threshold * SYMLOG_BASE ** (size / threshold - linear)
        return np.copysign(np.where(size > threshold * linear, far, size / linear), bent)

    def _matplotlib(self, places: Floats) -> Any:
        if self.edges is not None:
            return np.interp(places, np.linspace(0, 1, len(self.edges)), self.edges)
        if self.numbers_colors:
            return self._linear(places)
        return bisected(self.places, places, self.ends)


def bisected(rising: Callable[[Floats], Floats], wanted: Floats, ends: Limits) -> Floats:
    """Where a function that rises takes values, between two ends."""
    low, high = (np.full(wanted.shape, end, np.float64) for end in ends)
    for _ in range(_BISECTIONS):
        middle = low / 2 + high / 2
        below = rising(middle) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return high
