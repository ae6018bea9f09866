"""The exact rate of a video's frames, from the times of its packets."""

from __future__ import annotations

import warnings
from array import array
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

_NO_TIME = -(1 << 63)  # AV_NOPTS_VALUE
_LOWEST_RATE, _HIGHEST_RATE = Fraction(1, 1000), Fraction(1000)
_MOST_TERM = 1_001_000  # of the fraction, which encoders take
_MILLISECOND = Fraction(1, 1000)  # the unit of Matroska, WebM and FLV
_STANDARD_RATES = tuple(
    Fraction(n) * scale
    for n in (*range(1, 31), 48, 50, 60, 72, 75, 90, 100, 120, 144, 200, 240)
    for scale in (Fraction(1), Fraction(1000, 1001), Fraction(1, 2))
)


class Packet(NamedTuple):
    """One line of framecrc: times in units of the time base."""

    pts: int
    duration: int
    flags: int


def rate_of(
    name: str, time_base: Fraction, packets: Sequence[Packet], nominal: float | None
) -> Fraction:
    """Give the rate, with a warning where it varies, or is none that encoders take."""
    constant = _constant_rate(time_base, packets, nominal)
    rate = constant or frame_rate(time_base, packets, nominal)
    bounded = _LOWEST_RATE if rate < _LOWEST_RATE else min(rate, _HIGHEST_RATE)
    shown = bounded.limit_denominator(int(_MOST_TERM / max(bounded, Fraction(1))))
    if not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
        warnings.warn(
            f"{name}: has {float(rate):.6g} frames a second; it is shown at {float(shown):g}",
            stacklevel=3,
        )
    elif constant is None:
        warnings.warn(
            f"{name}: has a variable frame rate; its frames are shown evenly, at their mean rate "
            f"of {float(rate):.6g} fps",
            stacklevel=3,
        )
    return shown


def sorted_times(packets: Sequence[Packet]) -> Sequence[int]:
    """When packets are shown, in order; nothing where one does not tell."""
    times = array("q", sorted(packet.pts for packet in packets))
    return () if times and times[0] == _NO_TIME else times


def frame_rate(
    time_base: Fraction, packets: Sequence[Packet], nominal: float | None = None
) -> Fraction:
    """Work out the frame rate: exact if the times say it, else their mean.

    Parameters
    ----------
    time_base : Fraction
        Seconds a unit.
    packets : sequence of Packet
        In any order, at least one.
    nominal : float, optional
        The rate that ffmpeg prints, to two decimals.

    Returns
    -------
    Fraction
        30000/1001 where the times are those of that rate, rounded to the time base as Matroska
        rounds them to milliseconds.
    """
    constant = _constant_rate(time_base, packets, nominal)
    if constant is not None:
        return constant
    times = sorted(packet.pts for packet in packets)
    return (len(times) - 1) / ((times[-1] - times[0]) * time_base)


def _constant_rate(
    time_base: Fraction, packets: Sequence[Packet], nominal: float | None
) -> Fraction | None:
    """Find the rate by which frames follow each other; None where they do so at several."""
    times = sorted(packet.pts for packet in packets if packet.pts != _NO_TIME)
    steps = {after - before for before, after in pairwise(times)}
    if len(times) < 2 or len(times) < len(packets) or times[0] == times[-1]:
        steps = {packet.duration for packet in packets}
        times = []
    if len(steps) == 1 and 0 not in steps and time_base != _MILLISECOND:
        return 1 / (steps.pop() * time_base)
    if not times:
        return _named_rate(nominal or 25)
    mean = (len(times) - 1) / ((times[-1] - times[0]) * time_base)
    fitting = [rate for rate in _STANDARD_RATES if _fits(rate, time_base, times)]
    if not fitting and len(times) > 2 and _fits(mean, time_base, times):
        return mean
    wanted = nominal or float(mean)  # a few milliseconds fit 30 and 30000/1001 alike
    return min(fitting, key=lambda rate: abs(float(rate) - wanted), default=None)


def _named_rate(nominal: float) -> Fraction:
    """Find the rate that two decimals stand for."""
    nearest = min(_STANDARD_RATES, key=lambda rate: abs(float(rate) - nominal))
    if abs(float(nearest) - nominal) < 0.006:
        return nearest
    return Fraction(nominal).limit_denominator(1001)


def _fits(rate: Fraction, time_base: Fraction, times: Sequence[int]) -> bool:
    """Whether every time is that of a frame at ``rate``, rounded to the time base."""
    step = 1 / (rate * time_base)
    if step < 4:  # rounding is a large part of it: anything would fit
        return False
    # In integers, for exactness and speed; one unit for the rounding of both times.
    unit, tick = step.numerator, step.denominator
    return all(abs((time - times[0]) * tick - i * unit) <= tick for i, time in enumerate(times))
