"""Exact order statistics of any amount of data in bounded memory, by radix histograms.

The bits of a value, read as digits of 16 bits, order values as the values themselves once negative
floats are turned round. A pass over the data counts one digit: the first of every finite value,
each next one only of those values that share the digits already found. So 8 and 16-bit types take
one pass, 32-bit two and 64-bit four, with 512 KiB for each pair of neighbouring ranks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import SourceError
from heatvid._frames import AnyArray

Counts = NDArray[np.int64]
CHANGED = "values change from one reading to the next; the file is damaged, or being written"


class OrderStatistics:
    """The values at some ranks of all finite values, found digit by digit.

    Parameters
    ----------
    dtype : numpy.dtype
        Of the values: bool, integer or float up to 64 bits, native.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._dtype = dtype
        self._digit_bits = 8 * min(dtype.itemsize, 2)
        self._levels = max(1, dtype.itemsize // 2)
        self._level = 0
        self._counts = {0: self._zeros()}  # by the digits before the one that is counted
        self._targets: dict[int, tuple[int, int]] = {}  # rank: its digits, its rank among these

    def fresh(self) -> Self:
        """Give a counter of the same digit that has counted nothing."""
        other = type(self)(self._dtype)
        other._level = self._level
        other._counts = {prefix: self._zeros() for prefix in self._counts}
        return other

    def update(self, values: AnyArray) -> None:
        """Count a digit of ``values``, (n,) and contiguous; n of some 100,000 suits the cache."""
        bits = values.view(f"u{self._dtype.itemsize}")
        digits = bits if self._levels == 1 else self._first_digits(bits)
        if self._level == 0:
            self._add(0, digits)
            return
        for prefix in self._counts:
            first = prefix >> (self._digit_bits * (self._level - 1))
            below = bits[digits == first]
            shift = self._digit_bits * (self._levels - self._level)
            if self._level > 1:
                below = below[below >> shift == prefix]
            self._add(prefix, below >> (shift - self._digit_bits) & 0xFFFF)

    def update_from(self, count: Callable[..., Counts]) -> None:
        """Add a digit's counts that ``count(prefix, shift, bits, first=)`` makes elsewhere.

        It counts ``bits >> shift & (1 << bits) - 1`` of the values whose bits above the digit are
        those of the prefix, or of all values where the digit is the first.
        """
        shift = self._digit_bits * (self._levels - 1 - self._level)
        for prefix, counts in self._counts.items():
            counts += count(prefix, shift, self._digit_bits, first=self._level == 0)

    def merge(self, other: Self) -> None:
        """Add what ``other``, made by :meth:`fresh`, has counted."""
        for prefix, counts in other._counts.items():
            self._counts[prefix] += counts

    @property
    def finite_count(self) -> int:
        """Finite values; known while the first digit is counted."""
        assert self._level == 0
        return int(self._counts[0][self._order(0)].sum())

    def locate(self, ranks: Iterable[int]) -> None:
        """Say which ranks are wanted, from 0 on, once the first digit of all values is counted."""
        assert self._level == 0
        self._targets = {rank: (0, rank) for rank in ranks}

    def refine(self) -> bool:
        """Go to the next digit: True where another pass over the same data has to count it."""
        if self._level == self._levels:
            return False
        self._descend()
        return self._level < self._levels

    def values(self) -> dict[int, float]:
        """Give the value at each rank, as float64, once :meth:`refine` asks for no more passes."""
        assert self._level == self._levels
        kind = f"u{self._dtype.itemsize}"
        return {
            rank: float(np.array(bits, kind).view(self._dtype))
            for rank, (bits, _) in self._targets.items()
        }

    def _descend(self) -> None:
        for rank, (prefix, remaining) in self._targets.items():
            order = self._order(prefix)
            below = np.cumsum(self._counts[prefix][order])
            place = int(np.searchsorted(below, remaining, side="right"))
            if place == len(order):  # damaged blocks may be decoded to something else each time
                raise SourceError(CHANGED)
            before = int(below[place - 1]) if place else 0
            digits = prefix << self._digit_bits | int(order[place])
            self._targets[rank] = (digits, remaining - before)
        self._level += 1
        wanted = {prefix for prefix, _ in self._targets.values()}
        self._counts = (
            {prefix: self._zeros() for prefix in wanted} if self._level < self._levels else {}
        )

    def _order(self, prefix: int) -> NDArray[np.intp]:
        """Digits in the order of the values they lead to; for floats only of finite ones."""
        digits = np.arange(1 << self._digit_bits)
        kind, half = self._dtype.kind, len(digits) // 2
        if self._level > 0:
            sign = prefix >> (self._digit_bits * self._level - 1)
            return digits[::-1] if kind == "f" and sign else digits
        if kind == "i":
            return np.roll(digits, half)
        if kind == "f":
            infinity = np.array(np.inf, self._dtype).view(f"u{self._dtype.itemsize}")
            finite = int(infinity) >> (self._digit_bits * (self._levels - 1))
            return np.concatenate([digits[half : half + finite][::-1], digits[:finite]])
        return digits

    def _first_digits(self, bits: AnyArray) -> AnyArray:
        # A strided view of the top halves costs nothing, a shift of all values a pass.
        first = self._levels - 1 if sys.byteorder == "little" else 0
        return bits.view(np.uint16)[first :: self._levels]

    def _add(self, prefix: int, digits: AnyArray) -> None:
        counts = self._counts[prefix]
        counts += np.bincount(digits.astype(np.intp), minlength=len(counts))

    def _zeros(self) -> Counts:
        return np.zeros(1 << self._digit_bits, np.int64)
