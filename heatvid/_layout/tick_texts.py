"""Ticks and what they say, by matplotlib's ScalarFormatter and LogFormatterSciNotation."""

from __future__ import annotations

import math
from itertools import count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatvid._layout.fonts import Label

Places = NDArray[np.float64]

MINUS = "\N{MINUS SIGN}"
SCIENTIFIC = (-5, 6)  # powers of ten from which on one is set apart
SAVED_DIGITS = 4  # that an offset has to save, to be set apart

_FEW_DECADES = 0.4  # in which all multiples of a power of ten have texts
_SPREAD = frozenset(float(round(each)) for each in np.geomspace(1, 10, 6))


class Tick(NamedTuple):
    """One tick.

    Attributes
    ----------
    value : float
    place : float
        From the bar's beginning, 0, to its end, 1.
    label : Label or None
        None where it has no text.
    major : bool
    """

    value: float
    place: float
    label: Label | None
    major: bool = True


class Ticks(NamedTuple):
    """All ticks in sight, and what is set apart from their texts: a power of ten, an offset."""

    ticks: tuple[Tick, ...]
    apart: str = ""


def minus(text: str) -> str:
    """With the sign that is as wide as a plus."""
    return text.replace("-", MINUS)


def even_texts(places: Places, low: float, high: float) -> tuple[list[str], str]:
    """Texts of evenly spaced ticks, and what is set apart: a power of ten, an offset.

    Parameters
    ----------
    places : ndarray
        Those beyond the limits among them.
    low, high : float
    """
    seen = places[(low <= places) & (places <= high)]
    offset = _offset(seen)
    power = _power(np.abs(seen), offset, high - low)
    numbers = (places - offset) / 10.0**power
    digits = _digits(numbers, np.array([low, high]), offset, power)
    numbers = np.where(np.abs(numbers) < 1e-8, 0.0, numbers)
    apart = f"1e{power}" if power else ""
    if offset:
        apart += ("+" if offset > 0 else "") + _short(offset)
    return [minus(f"{number:1.{digits}f}") for number in numbers], minus(apart)


def _offset(seen: Places) -> float:
    """What all ticks have in common, where that is long: 100000 of 100002, 100004."""
    if not len(seen) or seen.min() == seen.max() or seen.min() <= 0 <= seen.max():
        return 0.0
    least, most = sorted([abs(float(seen.min())), abs(float(seen.max()))])
    largest = np.ceil(math.log10(most))
    power = 1 + next(p for p in count(largest, -1) if least // 10**p != most // 10**p)
    if (most - least) / 10**power <= 1e-2:  # on either side of a multiple of a large power
        power = 1 + next(p for p in count(largest, -1) if most // 10**p - least // 10**p > 1)
    if most // 10**power < 10 ** (SAVED_DIGITS - 1):
        return 0.0
    return float(math.copysign(1, seen.min()) * (most // 10**power) * 10**power)


def _power(sizes: Places, offset: float, span: float) -> int:
    """The power of ten that is set apart."""
    if not len(sizes):
        return 0
    largest = span if offset else sizes.max()
    power = math.floor(math.log10(largest)) if largest else 0
    return power if power <= SCIENTIFIC[0] or power >= SCIENTIFIC[1] else 0


def _digits(numbers: Places, limits: Places, offset: float, power: int) -> int:
    """Digits behind the point that tell the ticks apart."""
    ends = (limits - offset) / 10.0**power
    ranged = np.concatenate([numbers, ends]) if len(numbers) < 2 else numbers
    span = np.ptp(ranged) or np.max(np.abs(ranged)) or 1.0
    magnitude = math.floor(math.log10(span))
    digits = max(0, 3 - magnitude)
    while digits >= 0:
        if np.abs(numbers - np.round(numbers, decimals=digits)).max(initial=0) >= (
            1e-3 * 10**magnitude
        ):
            break
        digits -= 1
    return digits + 1


def _short(value: float) -> str:
    """A number as 1.5e7."""
    power = math.floor(math.log10(abs(value)))
    digits = round(value / 10**power, 10)
    text = f"{digits:.0f}" if digits % 1 == 0 else f"{digits:1.10g}"
    return f"{text}e{power}" if power else text


def log_texts(
    places: Places, low: float, high: float, threshold: float | None = None
) -> list[Label | None]:
    """Texts of ticks of a logarithmic scale: powers of ten; None for those without a text.

    Parameters
    ----------
    places : ndarray
    low, high : float
    threshold : float, optional
        Up to which a scale of both signs is linear.
    """
    shown = _shown_digits(low, high, threshold)
    return [_log_text(float(place), shown) for place in places]


def _shown_digits(low: float, high: float, threshold: float | None) -> Any:
    """Which multiples of a power of ten have texts: the fewer, the more powers are in sight."""
    if threshold is None:
        ranges = [(low, high)]
    else:
        ranges = [(-min(high, -threshold), -low)] if low < -threshold else []
        ranges += [(max(low, threshold), high)] if high > threshold else []
    powers, decades = 0, 0.0
    for first, last in ranges:
        start, stop = math.log10(first), math.log10(last)
        powers += math.floor(stop) - math.floor(math.nextafter(start, -math.inf))
        decades += stop - start
    if powers > 1:
        return {1.0}
    return _SPREAD if decades > _FEW_DECADES else set(np.arange(1.0, 11.0).tolist())


def _log_text(place: float, shown: Any) -> Label | None:
    if place == 0:
        return Label("0")
    sign = MINUS if place < 0 else ""
    place = abs(place)
    exact = math.log(place) / math.log(10.0)
    whole = math.isclose(exact, round(exact))
    power = round(exact) if whole else math.floor(exact)
    if round(10.0 ** (exact - power)) not in shown:
        return None
    if whole:
        return Label(f"{sign}10", minus(str(power)))
    digits = 10.0 ** (exact - power)
    if math.isclose(digits, round(digits)):
        digits = round(digits)
    return Label(f"{sign}{digits:g}×10", minus(str(power)))
