"""The index of a norm: values to rows of the colour table, for every kind of norm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray
from heatvid._norms import Limits, LinearIndex, every_value, resampled_dtype
from heatvid._transforms import Function, Norm


class IdentityIndex(LinearIndex):
    """Row ``int(x)``: an integer keeps its value; beyond the table lie the under and over rows."""

    @cached_property
    def working(self) -> type[np.float32 | np.float64]:
        """The precision of comparisons."""
        return np.float64 if resampled_dtype(self.dtype) == np.float64 else np.float32

    @cached_property
    def vmin(self) -> np.floating[Any]:
        """Below this lies the under row."""
        return self.working(0)

    @cached_property
    def vmax(self) -> np.floating[Any]:
        """Above this, the largest number below N, lies the over row."""
        below: np.floating[Any] = np.nextafter(self.working(self.entries), self.working(0))
        return below

    def positions(self, values: AnyArray, out: AnyArray) -> None:
        """Fill ``out`` with the values themselves."""
        np.copyto(out, values, casting="unsafe")

    def of_every_value(self) -> NDArray[np.intp]:
        """Rows of all values of a dtype of at most 16 bits."""
        return self(every_value(self.dtype).astype(np.float32))


class LabelIndex(IdentityIndex):
    """Row ``int(x) mod N``: labels beyond the palette start it again; negative ones lie under."""

    @cached_property
    def vmax(self) -> np.floating[Any]:
        """Only infinity lies above every label."""
        return np.finfo(self.working).max

    def positions(self, values: AnyArray, out: AnyArray) -> None:
        """Fill ``out`` with places in the palette."""
        np.fmod(np.trunc(values.astype(self.working)), self.working(self.entries), out=out)


@dataclass(frozen=True)
class FieldIndex:
    """How one field's values become rows, for one pair of limits.

    Attributes
    ----------
    function : callable or None
        Bends the scale first: values in working precision to numbers.
    linear : LinearIndex
        Takes values, or what ``function`` makes of them, to rows.
    dtype : numpy.dtype
        Of the values.
    """

    function: Function | None
    linear: LinearIndex
    dtype: np.dtype[Any]

    def bent(self, values: AnyArray) -> AnyArray:
        """Values as the linear index takes them."""
        if self.function is None:
            return values
        with np.errstate(all="ignore"):
            return self.function(values.astype(resampled_dtype(self.dtype)))

    def __call__(self, values: AnyArray) -> NDArray[np.intp]:
        """Rows of the table, same shape as ``values``."""
        return self.linear(self.bent(values))

    def of_every_value(self) -> NDArray[np.intp]:
        """Rows of all values of a dtype of at most 16 bits, by their bits as unsigned number."""
        if self.function is None:
            return self.linear.of_every_value()
        return self(every_value(self.dtype))

    def place(self, value: float) -> float:
        """Where a value lies between the first colour (0) and the last (1)."""
        number = np.array([value], resampled_dtype(self.dtype))
        low, high = float(self.linear.vmin), float(self.linear.vmax)
        bent = float(self.bent(number)[0])
        return (bent - low) / (high - low) if high > low else float(bent >= high)


def field_index(norm: Norm, limits: Limits, entries: int, dtype: np.dtype[Any]) -> FieldIndex:
    """Make the index of a norm for values of ``dtype`` and a table of ``entries`` colours."""
    if norm.kind == "identity":
        return FieldIndex(None, IdentityIndex(limits, entries, dtype), dtype)
    if norm.kind == "labels":
        return FieldIndex(None, LabelIndex(limits, entries, dtype), dtype)
    function, bent = norm.bind(limits)
    kind = dtype if function is None else resampled_dtype(dtype)
    return FieldIndex(function, LinearIndex(bent, entries, kind), dtype)
