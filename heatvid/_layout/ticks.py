"""The ticks of a colourbar: those that matplotlib draws for the same norm and limits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heatvid._layout.fonts import Label
from heatvid._layout.scale import Floats, Scale
from heatvid._layout.tick_places import MOST, even_places, log_places, symlog_places
from heatvid._layout.tick_texts import SCIENTIFIC, Tick, Ticks, even_texts, log_texts, minus

BEYOND = 1e-10  # of the bar, that a tick may lie beyond its end
FEW = 3  # round values, fewer than which say less than evenly spaced ones
SAME = 1e-5  # of the bar, between a minor tick and a major one that it is
MOVING = 5  # ticks of limits that move

EXTREME = 1e290  # values beyond which no rounder ones are looked for; log: below 1 / EXTREME
LEAST_DIGITS, MOST_DIGITS = 3, 9  # of ticks that move

_ROUND = np.concatenate([np.arange(1.0, 10.0) * 10.0**power for power in range(-30, 31)])


def ticks_of(scale: Scale, space: int = MOST) -> Ticks:
    """The ticks of a scale.

    Parameters
    ----------
    scale : Scale
    space : int
        Intervals between them that there is space for.
    """
    low, high = scale.ends
    kind = scale.norm.kind
    extreme = max(abs(low), abs(high)) > EXTREME or (scale.norm.positive and high < 1 / EXTREME)
    if extreme and kind != "matplotlib":
        return Ticks(_seen(scale, np.array([low, high]), [_rough(low), _rough(high)]))
    if kind == "log":
        major, minor = log_places(low, high, space)
        shown, between = (
            _seen(scale, places, log_texts(places, low, high)) for places in (major, minor)
        )
        return Ticks((*shown, *_beside(shown, between)))
    if kind == "symlog":
        threshold = scale.norm.threshold(scale.ends)
        places = symlog_places(low, high, threshold)
        return Ticks(_seen(scale, places, log_texts(places, low, high, threshold)))
    if kind == "matplotlib":
        from heatvid._layout.matplotlib_ticks import matplotlib_ticks

        own = matplotlib_ticks(scale.norm.bound_to(scale.ends), space)
        shown, between = (_seen(scale, *each) for each in (own.major, own.minor))
        return Ticks((*shown, *_beside(shown, between)), own.apart)
    if kind == "inverse":
        places = round_places(scale, space)
        if len(places) >= FEW:
            return Ticks(_seen(scale, places, [Label(f"{place:g}") for place in places]))
    high = low + (high - low)  # as the ends of matplotlib's colorbars are rounded
    places = even_places(low, high, space)
    texts, apart = even_texts(places, low, high)
    return Ticks(_seen(scale, places, [Label(text) for text in texts]), apart)


def _rough(value: float) -> Label:
    return Label(minus(f"{value:.3g}"))


def _seen(scale: Scale, values: Floats, labels: Sequence[Label | None]) -> tuple[Tick, ...]:
    """Those of the ticks that lie on the bar."""
    places = scale.places(values)
    return tuple(
        Tick(float(value), min(max(float(place), 0.0), 1.0), label)
        for value, place, label in zip(values, places, labels, strict=True)
        if -BEYOND <= place <= 1 + BEYOND
    )


def _beside(major: tuple[Tick, ...], minor: tuple[Tick, ...]) -> list[Tick]:
    """Minor ticks that do not lie on major ones."""
    taken = np.array([tick.place for tick in major])
    return [
        tick._replace(major=False)
        for tick in minor
        if not (np.abs(taken - tick.place) <= SAME).any()
    ]


def round_places(scale: Scale, space: int) -> Floats:
    """Round values that lie apart on the bar, however it bends.

    First those that begin with 1, 2 or 5, then what fits between.
    """
    low, high = scale.ends
    candidates = _ROUND[(low <= _ROUND) & (high >= _ROUND)]
    places = scale.places(candidates)
    first_digits = np.round(candidates / 10 ** np.floor(np.log10(candidates) + 1e-9))
    chosen: list[int] = []
    for digits in ((1,), (2, 5), (3, 4, 6, 7, 8, 9)):
        for i in np.flatnonzero(np.isin(first_digits, digits)):
            if all(abs(places[i] - places[j]) >= 1 / max(space, 1) for j in chosen):
                chosen.append(int(i))
    return candidates[sorted(chosen)]


def moving_labels(scale: Scale, count: int = MOVING) -> list[Label]:
    """Texts of so many ticks that lie evenly on a bar, whatever its limits are at the moment.

    They have as many digits as tell them apart, and zeros to the last: they do not shake. Those
    before the point are written out where matplotlib does so.
    """
    numbers = scale.numbers(np.linspace(0, 1, count))
    with np.errstate(all="ignore"):  # the widest limits are further apart than a number can say
        steps = np.diff(numbers)
        nearest = np.minimum(np.append(steps, np.inf), np.append(np.inf, steps))
        digits = np.floor(np.log10(np.abs(numbers))) - np.floor(np.log10(nearest)) + 2
    most = int(np.clip(np.nan_to_num(digits.max()), LEAST_DIGITS, MOST_DIGITS))
    return [Label(minus(_moving_text(float(number), most))) for number in numbers]


def _moving_text(number: float, digits: int) -> str:
    if 1 <= abs(number) < 10.0 ** SCIENTIFIC[1]:
        digits = max(digits, len(f"{abs(number):.0f}"))
    return f"{number:#.{digits}g}".removesuffix(".")
