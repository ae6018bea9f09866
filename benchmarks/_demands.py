"""What the figures are held to: a demand, its bound, and whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Demand:
    """One bound on one figure.

    Attributes
    ----------
    what : str
        The figure, in words, with its unit.
    value : float or None
        As measured; None where what it takes is not here.
    bound : float
    at_most : bool
        Whether the bound is the greatest allowed value, or the least.
    """

    what: str
    value: float | None
    bound: float
    at_most: bool

    @property
    def holds(self) -> bool | None:
        """Whether the value keeps to the bound; None where it was not measured."""
        if self.value is None:
            return None
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    def __str__(self) -> str:
        word = {None: "not measured", True: "holds", False: "MISSED"}[self.holds]
        value = "–" if self.value is None else f"{self.value:.3g}"
        side = "at most" if self.at_most else "at least"
        return f"{word:12} {self.what}: {value}, demanded {side} {self.bound:g}"

    def as_json(self) -> dict[str, object]:
        """Values that JSON can hold."""
        return {
            "what": self.what,
            "value": self.value,
            "bound": self.bound,
            "side": "at most" if self.at_most else "at least",
            "holds": self.holds,
        }


def at_most(what: str, value: float | None, bound: float) -> Demand:
    """Demand a value that does not exceed a bound."""
    return Demand(what, value, bound, at_most=True)


def at_least(what: str, value: float | None, bound: float) -> Demand:
    """Demand a value that reaches a bound."""
    return Demand(what, value, bound, at_most=False)


def report(demands: Sequence[Demand]) -> int:
    """Print them; returns the exit code, which is 1 when one is missed."""
    print()
    for demand in demands:
        print(demand)
    return int(any(demand.holds is False for demand in demands))
