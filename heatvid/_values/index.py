"""The index of a norm: values to rows of the colour table, for every kind of norm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray
from heatvid._values.limits import Limits, LinearIndex, every_value, resampled_dtype
from heatvid._values.norms import Bend, Norm


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

    rises = False

    @cached_property
    def vmax(self) -> np.floating[Any]:
        """Only infinity lies above every label."""
        return np.finfo(self.working).max

    def positions(self, values: AnyArray, out: AnyArray) -> None:
        """Fill ``out`` with places in the palette."""
        if values.dtype.kind in "iu":  # wide ones, of which doubles do not hold each
            np.copyto(out, values % values.dtype.type(self.entries), casting="unsafe")
            return
        np.fmod(np.trunc(values.astype(self.working)), self.working(self.entries), out=out)


@dataclass(frozen=True)
class FieldIndex:
    """How one field's values become rows, for one pair of limits.

    Attributes
    ----------
    dtype : numpy.dtype
        Of the values.
    linear : LinearIndex
        Takes values, or what ``bend`` makes of them, to rows.
    bend : Bend or None
        Bends the scale first: values in ``precision`` to numbers.
    precision : float32 or float64
        That a bent scale is computed in.
    """

    dtype: np.dtype[Any]
    linear: LinearIndex
    bend: Bend | None
    precision: type[np.float32 | np.float64]

    def bent(self, values: AnyArray) -> AnyArray:
        """Values as the linear index takes them."""
        if self.bend is None:
            return values
        with np.errstate(all="ignore"):
            values = values.astype(self.precision)
            numbers = self.bend.function(values)
            if self.bend.limits is None:
                return numbers
            numbers = numbers.astype(self.linear.working, copy=False)
            np.clip(numbers, self.linear.vmin, self.linear.vmax, out=numbers)
            # The values tell what lies beyond: no rounding of a logarithm puts a limit there.
            ends = LinearIndex(self.bend.limits, self.linear.entries, self.dtype)
            np.putmask(numbers, (values < ends.vmin) & ~np.isnan(numbers), -np.inf)
            np.putmask(numbers, values > ends.vmax, np.inf)
        return numbers

    def __call__(self, values: AnyArray) -> NDArray[np.intp]:
        """Rows of the table, same shape as ``values``."""
        return self.linear(self.bent(values))

    def of_every_value(self) -> NDArray[np.intp]:
        """Rows of all values of a dtype of at most 16 bits, by their bits as unsigned number."""
        if self.bend is None:
            return self.linear.of_every_value()
        return self(every_value(self.dtype))

    def place(self, value: float) -> float:
        """Where a value lies between the first colour (0) and the last (1), or beyond; or NaN."""
        number = np.array([value], self.precision)
        low, high = float(self.linear.vmin), float(self.linear.vmax)
        with np.errstate(all="ignore"):
            bent = float(number[0] if self.bend is None else self.bend.function(number)[0])
        return (bent - low) / (high - low) if high > low else float(bent >= high)


def field_index(norm: Norm, limits: Limits, entries: int, dtype: np.dtype[Any]) -> FieldIndex:
    """Make the index of a norm for values of ``dtype`` and a table of ``entries`` colours."""
    own = resampled_dtype(dtype)
    if norm.kind in ("identity", "labels"):
        make = IdentityIndex if norm.kind == "identity" else LabelIndex
        return FieldIndex(dtype, make(limits, entries, dtype), None, own.type)
    bend = norm.bind(limits)
    if bend is None:
        return FieldIndex(dtype, LinearIndex(limits, entries, dtype), None, own.type)
    if norm.gives_rows(dtype):
        return FieldIndex(dtype, IdentityIndex(limits, entries, own), bend, own.type)
    if bend.too_fine or (bend.limits and LinearIndex(limits, entries, dtype).working != own):
        own = np.dtype(np.float64)
    return FieldIndex(dtype, LinearIndex(bend.ends, entries, own), bend, own.type)
