"""Named dimensions to axes: which is time, row, column or channel, and where on all others."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatvid._errors import OptionError, SourceError, brief, printable
from heatvid.sources._axes import Axes, check_layout, resolve
from heatvid.sources._cf import text
from heatvid.sources._places import Coordinate, Coordinates, example, find_place, listed

_ROLES = {
    "T": ("time", "t", "frame", "frames", "times", "timestamp", "valid_time", "date", "datetime",
          "step", "lead_time", "leadtime", "prediction_timedelta", "forecast_period",
          "forecast_hour", "nt"),
    "H": ("y", "lat", "latitude", "row", "rows", "ny", "nlat", "rlat", "south_north", "northing",
          "yc", "grid_latitude", "projection_y_coordinate", "height", "h"),
    "W": ("x", "lon", "longitude", "col", "cols", "column", "columns", "nx", "nlon", "rlon",
          "west_east", "easting", "xc", "grid_longitude", "projection_x_coordinate", "width", "w"),
    "C": ("channel", "channels", "c", "band", "bands", "feature", "features", "class", "classes",
          "rgb", "rgba", "component", "components", "uv"),
}  # fmt: skip
_BY_NAME = {name: role for role, names in _ROLES.items() for name in names}
_BY_AXIS = {"T": "T", "Y": "H", "X": "W"}
_WEAK = ("height", "h", "width", "w")  # levels, where rows or columns have a name of their own
_NORTHWARD = ("latitude", "grid_latitude", "projection_y_coordinate")


@dataclass(frozen=True)
class Arrangement:
    """How a stored array becomes frames.

    Attributes
    ----------
    axes : Axes
        Of what is left of the array when places are taken.
    places : tuple of int or None
        The place on each stored dimension; None where it is an axis.
    """

    axes: Axes
    places: tuple[int | None, ...]

    @property
    def time(self) -> int | None:
        """Which stored dimension is time."""
        return self._where("T")

    @property
    def rows(self) -> int:
        """Which stored dimension is the rows."""
        found = self._where("H")
        assert found is not None
        return found

    @property
    def columns(self) -> int:
        """Which stored dimension is the columns."""
        found = self._where("W")
        assert found is not None
        return found

    def _where(self, axis: str) -> int | None:
        kept = [i for i, place in enumerate(self.places) if place is None]
        return kept[self.axes.order.index(axis)] if axis in self.axes.order else None

    def index(self, start: int, stop: int, shape: tuple[int, ...]) -> tuple[int | slice, ...]:
        """What to take of an array of ``shape`` for the frames from ``start`` to ``stop``."""
        every: list[int | slice] = [
            slice(0, n) if p is None else p for n, p in zip(shape, self.places, strict=True)
        ]
        if self.time is not None:
            every[self.time] = slice(start, stop)
        return tuple(every)


def arrange(
    shape: tuple[int, ...],
    dims: Sequence[str] | None,
    label: str,
    *,
    coordinates: Coordinates = lambda name: None,
    layout: str | None = None,
    channel: int | str | None = None,
    select: Mapping[str, Any] | None = None,
) -> Arrangement:
    """Say how an array becomes frames, by the names of its dimensions, else by their lengths.

    Raises
    ------
    SourceError
        A dimension is left over; the message says which, and where it may be selected.
    OptionError
        ``select`` names no dimension, or no place of it.
    """
    places: list[int | None] = [None] * len(shape)
    for name, place in (select or {}).items():
        which = _dimension(name, dims, label)
        where = str((dims or ())[which])
        places[which] = find_place(place, where, shape[which], coordinates, label)
    left = [i for i, place in enumerate(places) if place is None]
    roles = _roles([(dims or [""] * len(shape))[i] for i in left], coordinates)
    if layout is None and "H" in roles and "W" in roles:
        kept = _by_roles(left, roles, shape, dims or (), coordinates, label)
    else:
        kept = _by_lengths(left, roles, shape, layout)
    order = "".join(kept.values())
    for i in left:
        if i not in kept:
            places[i] = 0
    sizes = tuple(shape[i] for i in kept)
    chosen = order if layout is None and "H" in order else layout
    return Arrangement(resolve(sizes, label, chosen or None, channel), tuple(places))


def _roles(names: Sequence[str], coordinates: Coordinates) -> list[str]:
    """The axis that each dimension is, by what is said of it and by its name; "" if unknown."""
    roles = []
    for name in names:
        bare = re.sub(r"_?[0-9]+$", "", name.lower()) or name.lower()
        roles.append(_said(coordinates(name) if name else None) or _BY_NAME.get(bare, ""))
    for i, name in enumerate(names):  # a height beside latitudes is a level
        if name.lower() in _WEAK and roles.count(roles[i]) > 1:
            roles[i] = ""
    for axis in ("H", "W"):
        if roles.count(axis) > 1:
            roles = ["" if role == axis else role for role in roles]
    return roles


def _said(coordinate: Coordinate | None) -> str:
    if coordinate is None:
        return ""
    said = {name: text(value).lower() for name, value in coordinate.attributes.items()
            if name in ("axis", "units", "standard_name")}  # fmt: skip
    if coordinate.values.dtype.kind == "M" or " since " in said.get("units", ""):
        return "T"
    named = _BY_NAME.get(said.get("standard_name", ""), "")
    return _BY_AXIS.get(said.get("axis", "").upper(), "") or ("" if named in "TC" else named)


def _by_roles(
    left: Sequence[int],
    roles: Sequence[str],
    shape: tuple[int, ...],
    dims: Sequence[str],
    coordinates: Coordinates,
    label: str,
) -> dict[int, str]:
    """Keep rows, columns, time and channels; refuse what else is longer than 1."""
    kept = {i: role for i, role in zip(left, roles, strict=True) if role in ("H", "W")}
    times = [i for i, role in zip(left, roles, strict=True) if role == "T"]
    channels = [i for i, role in zip(left, roles, strict=True) if role == "C"]
    others = [i for i, role in zip(left, roles, strict=True) if not role and shape[i] > 1]
    long = [i for i in times if shape[i] > 1]
    if len(long) > 1 or len(channels) > 1:
        raise _left_over(long if len(long) > 1 else channels, 1, shape, dims, coordinates, label)
    if not times and len(others) == 1:
        times, others = others, []
    if others:
        raise _left_over(others, 0, shape, dims, coordinates, label)
    kept |= dict.fromkeys((long or times)[:1], "T")
    kept |= {i: "C" for i in channels if shape[i] > 1}
    return dict(sorted(kept.items()))


def _by_lengths(
    left: Sequence[int], roles: Sequence[str], shape: tuple[int, ...], layout: str | None
) -> dict[int, str]:
    """Keep all, but lengths of 1 that are too many; letters only where one of three is time."""
    wanted = 4 if layout is None else len(check_layout(layout))
    kept = list(left)
    for i in left:
        if len(kept) > wanted and shape[i] == 1:
            kept.remove(i)
    if layout is None and roles.count("T") == 1 and len(left) == len(kept) == 3:
        rest = iter("HW")
        letters = ["T" if role == "T" else next(rest) for role in roles]
        return dict(zip(kept, letters, strict=True))
    return dict.fromkeys(kept, "")


def _left_over(
    which: Sequence[int],
    allowed: int,
    shape: tuple[int, ...],
    dims: Sequence[str],
    coordinates: Coordinates,
    label: str,
) -> SourceError:
    words = [f"{dims[i]} ({listed(dims[i], shape[i], coordinates)})" for i in which]
    what = "could be the frames; allowed is one" if allowed else "are left over" if len(
        which) > 1 else "is left over"  # fmt: skip
    return SourceError(
        printable(
            f"{label}: of its dimensions {', '.join(dims)}, {' and '.join(words)} {what}; say "
            f"where with {example(dims[which[-1]], coordinates)}"
        )
    )


def _dimension(name: str, dims: Sequence[str] | None, label: str) -> int:
    if not dims:
        raise OptionError(f"{label}: select is {brief(name)}; its dimensions have no names")
    for given in (name, name.lower()):
        if given in dims:
            return list(dims).index(given)
    close = difflib.get_close_matches(name, dims, n=1)
    guess = f"did you mean {close[0]!r}? " if close else ""
    raise OptionError(
        printable(f"{label}: has no dimension {brief(name)}; {guess}allowed are {', '.join(dims)}")
    )


def rises_northward(name: str, coordinate: Coordinate | None) -> bool:
    """Whether rows are stored with the south first, of which north is shown at the top."""
    if coordinate is None or coordinate.values.ndim != 1 or len(coordinate.values) < 2:
        return False
    said = {text(coordinate.attributes.get(key, "")).lower() for key in ("standard_name", "units")}
    bare = re.sub(r"_?[0-9]+$", "", name.lower())
    north = bare in ("lat", "latitude", "rlat", *_NORTHWARD) or said & {*_NORTHWARD} or any(
        word.startswith("degree") and word.endswith(("north", "_n")) for word in said)  # fmt: skip
    numeric = coordinate.values.dtype.kind in "iuf"
    return bool(north and numeric and coordinate.values[0] < coordinate.values[-1])
