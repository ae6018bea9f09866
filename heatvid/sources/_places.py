"""What places along a named dimension are called, and which one is meant."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import OptionError, brief, printable
from heatvid._frames import AnyArray
from heatvid.sources._cf import labels_of, microseconds_of, text, times_of

_SHOWN = 8
_ROUNDING = 1e-5  # of the largest value: what six digits, as they are listed, leave open


@dataclass(frozen=True)
class Coordinate:
    """What lies along a dimension, and what is said of it."""

    values: AnyArray
    attributes: Mapping[str, Any] = field(default_factory=dict)


Coordinates = Callable[[str], Coordinate | None]


def find_place(place: Any, name: str, length: int, coordinates: Coordinates, label: str) -> int:
    """Find where on a dimension a value of its coordinate is, or count where it has none.

    Raises
    ------
    OptionError
        It is nowhere, or at several places.
    """
    places = _places_of(name, coordinates)
    meant = _in_units(place, coordinates(name)) if _is_duration(place) else place
    found = _counted(place, length) if places is None else _matching(places, meant)
    if len(found) == 1:
        return found[0]
    said = f"{label}: select of {name} is {brief(place)}"
    if found:
        raise OptionError(
            printable(f"{said}, which is there {len(found)} times; allowed is a value of one place")
        )
    raise OptionError(printable(f"{said}; allowed are {listed(name, length, coordinates)}"))


def listed(name: str, length: int, coordinates: Coordinates) -> str:
    """The places of a dimension in words, the first and the last where there are many."""
    places = _places_of(name, coordinates)
    if places is None:
        return f"0 to {length - 1}"
    shown = [f"{place:g}" if isinstance(place, float) else str(place) for place in places]
    return ", ".join(shown) if length <= _SHOWN else f"{shown[0]} to {shown[-1]}"


def example(name: str, coordinates: Coordinates) -> str:
    """How the first place is selected, in Python and as it is typed."""
    places = _places_of(name, coordinates)
    first = places[0] if places else 0
    return f'select={{"{name}": {first!r}}} (--select {shlex.quote(f"{name}={first}")})'


def _places_of(name: str, coordinates: Coordinates) -> Sequence[Any] | None:
    """What places of a dimension are called."""
    coordinate = coordinates(name)
    if coordinate is None or coordinate.values.ndim != 1:
        return None
    times = times_of(coordinate.values, coordinate.attributes)
    if times is not None:
        return moments(times)
    values = coordinate.values
    return values.tolist() if values.dtype.kind in "biuf" else labels_of(values, {})


def moments(times: NDArray[np.datetime64]) -> list[str]:
    """Write times to the second, or to as much of one as they have."""
    whole = (times.astype("M8[s]") == times) | np.isnat(times)
    if whole.all():
        return [str(time) for time in np.datetime_as_string(times, "s")]
    return [_bare(str(time)) for time in np.datetime_as_string(times, "us")]


def _bare(words: str) -> str:
    """A moment without zeros at the end of its second."""
    return words.rstrip("0").rstrip(".") if "." in words else words


def _counted(place: Any, length: int) -> list[int]:
    whole = isinstance(place, int) and not isinstance(place, bool) and -length <= place < length
    return [place % length] if whole else []


def _matching(places: Sequence[Any], place: Any) -> list[int]:
    """Where a place is: what equals it, else the number next to it, or the one text begun so."""
    if all(isinstance(own, int | float) for own in places):
        return _same_number(places, place)
    names = _names_of(place)
    same = [i for i, own in enumerate(places) if str(own) in names]
    begun = [i for i, own in enumerate(places) if any(_begins(str(own), name) for name in names)]
    return same or (begun if len(begun) == 1 else [])  # of a time the date may do


def _in_units(place: Any, coordinate: Coordinate | None) -> Any:
    """A duration as a number of the units of a coordinate of numbers; else as it is."""
    if coordinate is None or coordinate.values.dtype.kind not in "iuf":
        return place
    unit_us = microseconds_of(text(coordinate.attributes.get("units", "")))
    duration_us = int(np.array([place], "m8[us]").astype("i8")[0])
    return place if unit_us is None else duration_us / unit_us


def _is_duration(place: Any) -> bool:
    kind = getattr(getattr(place, "dtype", None), "kind", "")
    return isinstance(place, timedelta) or kind == "m"


def _same_number(places: Sequence[Any], place: Any) -> list[int]:
    try:
        number = float(place) if isinstance(place, str) else place
    except ValueError:
        return []
    if not isinstance(number, int | float) or isinstance(number, bool) is not _are_bool(places):
        return []
    same = [i for i, own in enumerate(places) if own == number]
    largest = max((abs(own) for own in places if math.isfinite(own)), default=0)
    least = min((abs(own - number) for own in places if math.isfinite(own)), default=math.inf)
    near = least <= _ROUNDING * largest
    return same or [i for i, own in enumerate(places) if near and abs(own - number) == least]


def _are_bool(places: Sequence[Any]) -> bool:
    return isinstance(places[0], bool)


def _begins(own: str, name: str) -> bool:
    """Whether a text goes on behind a name that ends a word or a number."""
    end, rest = name[-1:], own[len(name) :][:1]
    cut = (end.isdigit() and rest.isdigit()) or (end.isalpha() and rest.isalnum())
    return own.startswith(name) and not cut


def _names_of(place: Any) -> tuple[str, ...]:
    """What a place may be called; moments and durations of Python and of NumPy have own words."""
    kind = getattr(getattr(place, "dtype", None), "kind", "")
    if _is_duration(place):
        return labels_of(np.array([place], "m8[us]"), {})
    if isinstance(place, datetime) and place.tzinfo is not None:
        place = place.astimezone(UTC).replace(tzinfo=None)
    if isinstance(place, date):
        place = place.isoformat()
    if kind == "M":
        place = np.asarray(place)[()]
    words = str(place)
    return words, _bare(words)
