"""The index: values to rows of the colour table, for every kind of norm.

The index of a value ``x`` in a table of N colours is ``int((x - vmin) * scale)``. Values up to 16
bits and float32 do it in float32, in this order and without fused multiply-add, with
``scale = float32(N / (vmax - vmin))``; wider types, and limits whose range float32 cannot hold,
in float64 as ``int((x - vmin) / (vmax - vmin) * N)``. Below ``vmin`` lies row N, above ``vmax``
row N + 1, NaN at row N + 2; ``vmax`` itself is the last colour, and where ``vmin == vmax`` that
value is the first. Every backend repeats this arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from heatvid._color.palette import Palette
from heatvid._frames import AnyArray
from heatvid._values.limits import Limits
from heatvid._values.norms import Bend, Norm


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
        half = halving(float(self.vmin), float(self.vmax))
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


def halving(low: float, high: float) -> float:
    """The factor that keeps limits like ±1e308 apart by a finite range: 1, or 0.5 for such."""
    return 1.0 if np.isfinite(high - low) else 0.5


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


@dataclass(frozen=True)
class LabelIndex(LinearIndex):
    """The row that a palette gives a label; the bad row for what is none."""

    palette: Palette

    rises: ClassVar[bool] = False

    def __call__(self, values: AnyArray) -> NDArray[np.intp]:
        """Rows of the table, same shape as ``values``."""
        if values.dtype.kind == "f":
            return self._of_floats(values.astype(self.own_dtype, copy=False))
        if values.min(initial=0) >= 0 and values.max(initial=0) < self.palette.base:
            return values.astype(np.intp)
        return self._of_integers(values if values.dtype == np.uint64 else values.astype(np.int64))

    @property
    def own_dtype(self) -> np.dtype[Any]:
        """The precision of labels that are floats."""
        return resampled_dtype(self.dtype)

    def _of_floats(self, x: AnyArray) -> NDArray[np.intp]:
        own = self.palette
        with np.errstate(all="ignore"):
            rows = np.fmod(np.fmod(x, own.cycle) + own.shift, own.cycle) + own.named
            rows = np.where(x < own.named, np.where(x < 0, own.base - 1 - x, x), rows)
            known = (x == np.trunc(x)) & (x >= -own.negative) & (x < np.inf)
            return np.where(known, rows, own.entries + 2).astype(np.intp)

    def _of_integers(self, x: AnyArray) -> NDArray[np.intp]:
        own, kind = self.palette, x.dtype.type
        rows = (x % kind(own.cycle) + kind(own.shift)) % kind(own.cycle) + kind(own.named)
        rows = np.where(x < own.named, x, rows).astype(np.intp)
        if x.dtype.kind == "u":
            return rows
        negative = np.where(x >= -own.negative, own.base - 1 - x, own.entries + 2)
        return np.where(x < 0, negative, rows).astype(np.intp)

    def of_every_value(self) -> NDArray[np.intp]:
        """Rows of all values of a dtype of at most 16 bits."""
        return self(every_value(self.dtype))


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
        low, high = float(self.linear.vmin), float(self.linear.vmax)
        with np.errstate(all="ignore"):
            number = np.array([value]).astype(self.precision)
            bent = float(number[0] if self.bend is None else self.bend.function(number)[0])
        if high > low:
            half = halving(low, high)
            return (bent * half - low * half) / (high * half - low * half)
        return bent if np.isnan(bent) else float(bent >= high)


def field_index(
    norm: Norm, limits: Limits, entries: int, dtype: np.dtype[Any], palette: Palette | None = None
) -> FieldIndex:
    """Make the index of a norm for values of ``dtype`` and a table of ``entries`` colours.

    ``palette`` says which of them labels have.
    """
    own = resampled_dtype(dtype)
    if norm.kind == "labels":
        assert palette is not None
        return FieldIndex(dtype, LabelIndex(limits, entries, dtype, palette), None, own.type)
    if norm.kind == "identity":
        return FieldIndex(dtype, IdentityIndex(limits, entries, dtype), None, own.type)
    bend = norm.bind(limits)
    if bend is None:
        return FieldIndex(dtype, LinearIndex(limits, entries, dtype), None, own.type)
    if norm.gives_rows(dtype):
        return FieldIndex(dtype, IdentityIndex(limits, entries, own), bend, own.type)
    if bend.too_fine or (bend.limits and LinearIndex(limits, entries, dtype).working != own):
        own = np.dtype(np.float64)
    return FieldIndex(dtype, LinearIndex(bend.ends, entries, own), bend, own.type)
