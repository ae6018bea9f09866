"""What attributes say of stored values, by the CF conventions: fill, range, scale, times.

https://cfconventions.org/cf-conventions/cf-conventions.html, sections 2.5.1, 4.4 and 8.1.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import SourceError, brief
from heatvid._frames import AnyArray
from heatvid.sources._decoded import Decoding, representable

NETCDF_FILL = 9.969209968386869e36  # of floats that were never written: NC_FILL_FLOAT
_UNITS = {
    "microsecond": 1, "us": 1, "millisecond": 1000, "msec": 1000, "ms": 1000, "second": 10**6,
    "sec": 10**6, "s": 10**6, "minute": 60 * 10**6, "min": 60 * 10**6, "hour": 3600 * 10**6,
    "hr": 3600 * 10**6, "h": 3600 * 10**6, "day": 86400 * 10**6, "d": 86400 * 10**6,
}  # fmt: skip
_MIXED = ("", "standard", "gregorian")  # Julian dates until 1582-10-04, then Gregorian ones
_CALENDARS = (*_MIXED, "proleptic_gregorian")
_MOST_MICROSECONDS = 2.0**62  # what 64 bits hold beside where they are counted from
_ROUNDING = 1e-6  # by which an end of a range, as packed, may miss a whole number
_SINCE = re.compile(r"\s*([a-zA-Z]+)\s+since\s+(\S+?)(?:[T\s]+(\S+))?(?:\s*(?:Z|UTC|\+0*:?0*))?\s*")


def as_stored(dtype: np.dtype[Any], attributes: Mapping[str, Any]) -> np.dtype[Any]:
    """Give the native dtype that stored values are meant in: ``_Unsigned`` changes the sign."""
    unsigned = text(attributes.get("_Unsigned", "")).lower()
    if dtype.kind in "iu" and unsigned in ("true", "false"):
        return np.dtype(f"{'u' if unsigned == 'true' else 'i'}{dtype.itemsize}")
    return dtype.newbyteorder("=")


def decoding_of(
    dtype: np.dtype[Any], attributes: Mapping[str, Any], label: str, fill: Any = None
) -> Decoding:
    """Say how the values of a variable are decoded.

    Parameters
    ----------
    dtype : numpy.dtype
        As the file has it.
    attributes : mapping
        Of the variable.
    label : str
        For messages.
    fill : number, optional
        Another value that stands for none, beside those of the attributes.
    """
    stored = as_stored(dtype, attributes)
    scale = _number(attributes, "scale_factor", label, 1.0)
    offset = _number(attributes, "add_offset", label, 0.0)
    given = [fill]
    for name in ("_FillValue", "missing_value"):
        given += _values(attributes.get(name))
    missing = [representable(_meant(value, dtype, stored), stored) for value in given]
    low, high = _valid_range(attributes, dtype, stored, scale, offset)
    unique = tuple(dict.fromkeys(value for value in missing if value is not None))
    return Decoding(stored, unique, low, high, scale, offset)


def text(value: Any) -> str:
    """Read an attribute of text, however it is stored."""
    value = value.reshape(-1)[0] if isinstance(value, np.ndarray) and value.size else value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _values(value: Any) -> list[Any]:
    """Each value of an attribute; xarray writes floats into Zarr's JSON as base64."""
    if value is None:
        return []
    if isinstance(value, bytes | str):
        word = text(value)
        try:
            return [float(word)]
        except ValueError:
            pass
        try:
            return list(struct.unpack("<d", base64.b64decode(word, validate=True)))
        except (binascii.Error, struct.error, ValueError):
            return []
    return list(np.asarray(value).reshape(-1))


def _numbers(value: Any) -> list[Any]:
    """Each number of an attribute; none where there are others."""
    values = _values(value)
    return values if all(np.asarray(each).dtype.kind in "biuf" for each in values) else []


def _meant(value: Any, dtype: np.dtype[Any], stored: np.dtype[Any]) -> Any:
    """Turn an attribute's integer to the sign that the values are meant in."""
    if value is None or dtype.kind == stored.kind or dtype.kind not in "iu":
        return np.nan if value is None else value
    own = representable(value, dtype)
    return value if own is None else np.array(own, dtype.newbyteorder("=")).view(stored)


def _number(attributes: Mapping[str, Any], name: str, label: str, default: float) -> float:
    if name not in attributes:
        return default
    try:
        return float(text(attributes[name]))
    except (TypeError, ValueError) as error:
        raise SourceError(
            f"{label}: its {name} is {brief(attributes[name])}; allowed is a number"
        ) from error


def _valid_range(
    attributes: Mapping[str, Any],
    dtype: np.dtype[Any],
    stored: np.dtype[Any],
    scale: float,
    offset: float,
) -> tuple[float | None, float | None]:
    """The range of stored values: given in their own type, or as floats of what is packed."""
    ends: list[Any] = _numbers(attributes.get("valid_range"))
    ends = ends if len(ends) == 2 else [None, None]
    for i, name in enumerate(("valid_min", "valid_max")):
        ends[i] = (_numbers(attributes.get(name)) or [ends[i]])[0]
    packed = (scale, offset) != (1.0, 0.0) and stored.kind in "iu" and scale
    if packed and any(isinstance(end, float | np.floating) for end in ends):
        turned = ends if scale > 0 else ends[::-1]
        low, high = (None if end is None else (float(end) - offset) / scale for end in turned)
        return (
            None if low is None else float(np.ceil(low - _ROUNDING)),
            None if high is None else float(np.floor(high + _ROUNDING)),
        )
    low, high = (None if end is None else float(_meant(end, dtype, stored)) for end in ends)
    return low, high


def microseconds_of(unit: str) -> int | None:
    """How long a unit of time is, in the singular or the plural; None where it is no such unit."""
    unit = unit.lower()
    return _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))


def times_of(values: AnyArray, attributes: Mapping[str, Any]) -> NDArray[np.datetime64] | None:
    """Read a coordinate as times, to the microsecond; None where it is none of this calendar."""
    if values.dtype.kind == "M":
        return values.astype("M8[us]")
    if values.dtype.kind == "O":
        return _of_dates(values)
    calendar = text(attributes.get("calendar", "")).lower()
    match = _SINCE.fullmatch(text(attributes.get("units", "")))
    if match is None or calendar not in _CALENDARS or values.dtype.kind not in "iuf":
        return None
    unit_us = microseconds_of(match[1])
    begin = _moment(match[2], match[3] or "0:0:0", mixed=calendar in _MIXED)
    if unit_us is None or begin is None:
        return None
    with np.errstate(over="ignore"):
        micro = np.rint(values.astype(np.float64) * unit_us)
    gone = ~(np.abs(micro) < _MOST_MICROSECONDS)
    micro[gone] = 0
    times: NDArray[np.datetime64] = begin + micro.astype("i8").astype("m8[us]")
    times[gone] = np.datetime64("NaT")
    return times


def _of_dates(values: AnyArray) -> NDArray[np.datetime64] | None:
    """Read dates of Python, in UTC, and those of cftime in calendars that NumPy has."""
    moments = [_written(date) for date in values.tolist()]
    if None in moments:
        return None
    try:
        return np.array(moments, "M8[us]")
    except ValueError:  # years of five digits
        return None


def _written(date: Any) -> str | None:
    """A date of the proleptic Gregorian calendar, as NumPy reads it."""
    if isinstance(date, datetime):
        utc = date.astimezone(UTC).replace(tzinfo=None) if date.tzinfo else date
        return utc.isoformat()
    if getattr(date, "calendar", "") not in _CALENDARS[1:]:
        return None
    return str(date.change_calendar(_CALENDARS[-1]).isoformat())


def _moment(date: str, clock: str, *, mixed: bool) -> np.datetime64 | None:
    """Read ``1900-1-1`` and ``0:0:0.0``; None where they are something else."""
    day = re.fullmatch(r"([0-9]{1,4})-([0-9]{1,2})-([0-9]{1,2})", date)
    time = re.fullmatch(r"([0-9]{1,2})(?::([0-9]{1,2}))?(?::([0-9]{1,2})(?:\.[0-9]*)?)?Z?", clock)
    if day is None or time is None:
        return None
    year, month, number = (int(part) for part in day.groups())
    hour, minute, second = (int(part or 0) for part in time.groups())
    try:
        begin = np.datetime64(f"{year:04}-{month:02}-{number:02}", "us")
    except ValueError:
        return None
    if mixed and begin < np.datetime64("1582-10-15"):
        begin += np.timedelta64(_julian_days_behind(year, month), "D")
    return begin + np.timedelta64((hour * 60 + minute) * 60 + second, "s")


def _julian_days_behind(year: int, month: int) -> int:
    """Days between the same date of both calendars: leap days of whole centuries, less 2."""
    century = (year if month > 2 else year - 1) // 100
    return century - century // 4 - 2


def labels_of(values: AnyArray, attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """Read a coordinate as words: numbers with their unit, durations, texts."""
    if values.dtype.kind == "m":
        return _durations(values.astype("m8[us]"))
    if values.dtype.kind in "biuf":
        units = text(attributes.get("units", ""))
        unit = f" {units}" if units not in ("", "1") else ""
        return tuple(f"{value:g}{unit}" for value in values.tolist())
    return tuple(text(value) for value in values.tolist())


def _durations(values: NDArray[np.timedelta64]) -> tuple[str, ...]:
    """Write durations in hours, or in seconds where one is no whole minute."""
    known = ~np.isnat(values)
    whole = not (values[known].astype("i8") % _UNITS["minute"]).any()
    unit, name = ("hour", "h") if whole else ("second", "s")
    numbers = values.astype("i8") / _UNITS[unit]
    each = zip(numbers.tolist(), known.tolist(), strict=True)
    return tuple(f"{number:.9g} {name}" if known else "NaT" for number, known in each)
