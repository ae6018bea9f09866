"""What an option's value may be: each check gives its plain form, or says what is allowed."""

from __future__ import annotations

import difflib
import math
import numbers
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from operator import index
from typing import Any

from heatvid._errors import OptionError, brief

NORMS = (
    "linear", "centered", "log", "inverse", "symlog", "power", "sigmoid", "identity", "labels",
)  # fmt: skip
MODES = ("argmax", "max", "mean", "norm", "rgb", "flow", "grid")
KINDS = ("sequential", "diverging", "cyclic", "qualitative", "miscellaneous")  # of colormaps
LABELS = (-32_768, 65_535)  # that may have a colour of their own
PERCENTILES = "two numbers LO < HI in 0..100"
LIMITS = "LO HI with LO <= HI, one pair or three: what heatvid.measure(...) gives"
LABEL_COLORS = (
    f"a dict of colours by label, {LABELS[0]} to {LABELS[1]}, as {{0: 'transparent'}}; "
    "--label-colors 0=transparent -1=red"
)
SHAPE = "2 to 4 lengths of 1 or more, as 1000x512x512 (frames, rows, columns)"
SELECT = "a dict of places by dimension, as {'level': 500}; --select level=500"
ASCENDING = "two numbers LO <= HI"
SPEED = "a number in 0.001..1e9 or a fraction such as '1/3'"
FRAME_RATE = "a number in 0.001..1000 or a fraction such as '30000/1001'"
_NTSC = [Fraction(base * 1000, 1001) for base in (24, 30, 48, 60, 120)]


@dataclass(frozen=True)
class Check:
    """Checks one value.

    Attributes
    ----------
    read : callable
        Of the option's name and the value: the value's plain form; raises OptionError.
    choices : tuple of str
        All that is allowed, where it is a choice among names.
    numeric : bool
        Whether the command line reads numbers for it.
    allowed : str
        What is allowed, for docstrings; "" where the choices or the type say it.
    """

    read: Callable[[str, Any], Any]
    choices: tuple[str, ...] = ()
    numeric: bool = False
    allowed: str = ""

    def __call__(self, name: str, value: Any) -> Any:
        """Give the plain form of a value."""
        return self.read(name, value)


def received(name: str, value: Any, allowed: str) -> OptionError:
    """Say what was received, and what is allowed."""
    return OptionError(f"{name}: got {brief(value)}; allowed is {allowed}")


def _plain(value: Any) -> Any:
    """Make a number of 0-d arrays and tensors, such as ``predictions.max()``."""
    return value.item() if getattr(value, "ndim", None) == 0 else value


def choice(*choices: str) -> Check:
    """Allow some names."""

    def read(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            close = difflib.get_close_matches(str(value), choices, n=1)
            guess = f" (did you mean {close[0]!r}?)" if close else ""
            raise received(name, value, " or ".join(map(repr, choices)) + guess)
        return value

    return Check(read, choices)


def number(low: float = -math.inf, high: float = math.inf) -> Check:
    """Allow finite numbers of a range, with its ends."""
    span = "a finite number" if math.isinf(low) else f"a number in {low:g}..{high:g}"
    span = f"a number, {low:g} or more" if math.isinf(high) and not math.isinf(low) else span

    def read(name: str, value: Any) -> float:
        value = _plain(value)
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise received(name, value, span)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not (math.isfinite(number) and low <= number <= high):
            raise received(name, value, span)
        return number

    return Check(read, numeric=True, allowed=span)


def integer(low: int, high: int | None = None) -> Check:
    """Allow whole numbers of a range, with its ends."""
    span = f"a whole number, {low} or more" if high is None else f"a whole number in {low}..{high}"

    def read(name: str, value: Any) -> int:
        value = _plain(value)
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            raise received(name, value, span)
        number = int(value)
        if number < low or (high is not None and number > high):
            raise received(name, value, span)
        return number

    return Check(read, numeric=True, allowed=span)


def one_of(*numbers: int) -> Check:
    """Allow some whole numbers."""
    whole, allowed = integer(min(numbers), max(numbers)), " or ".join(map(str, numbers))

    def read(name: str, value: Any) -> int:
        if _plain(value) not in numbers:
            raise received(name, value, allowed)
        number: int = whole(name, value)
        return number

    return Check(read, numeric=True, allowed=allowed)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise received(name, value, "True or False")
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise received(name, value, "a text")
    return value


def _path(name: str, value: Any) -> str:
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise received(name, value, "a path")
    return os.fsdecode(value)


def _percentiles(name: str, value: Any) -> tuple[float, float]:
    value = _plain(value)
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise received(name, value, PERCENTILES)
    pair = [number(0, 100)(name, item) for item in value]
    if len(pair) != 2 or not pair[0] < pair[1]:
        raise received(name, value, PERCENTILES)
    return (pair[0], pair[1])


def meant_as_fractions(percentiles: Iterable[float]) -> str:
    """A hint where percentiles look like fractions, 0.01 for 1; empty where they do not."""
    given = sorted(set(percentiles))
    if not given or given[-1] > 1 or given in ([0.0], [1.0]):
        return ""
    shown, hundred = (" ".join(f"{q * unit:g}" for q in given) for unit in (1, 100))
    return f"percentiles: got {shown}, which are of 100; {hundred} may be meant"


def _ascending(name: str, value: Any) -> tuple[float, float]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise received(name, value, ASCENDING)
    pair = [number()(name, item) for item in value]
    if len(pair) != 2 or not pair[0] <= pair[1]:
        raise received(name, value, ASCENDING)
    return (pair[0], pair[1])


def _limits(name: str, value: Any) -> tuple[float, float] | tuple[tuple[float, float], ...]:
    """Read one pair, or one for each of red, green and blue; the command line gives them flat."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise received(name, value, LIMITS)
    try:
        flat = [one for item in value for one in (item if isinstance(item, Iterable) else [item])]
        ends = [number()(name, one) for one in flat]
    except (OptionError, TypeError):
        raise received(name, value, LIMITS) from None
    pairs = tuple(zip(ends[::2], ends[1::2], strict=False))
    if len(ends) not in (2, 6) or any(low > high for low, high in pairs):
        raise received(name, value, LIMITS)
    return pairs[0] if len(pairs) == 1 else pairs


def _channel(name: str, value: Any) -> int | str:
    if isinstance(value, str) and value in MODES:
        return value
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise received(name, value, f"a whole number, {', '.join(MODES)}")
    return int(value)


def _norm(name: str, value: Any) -> Any:
    if not hasattr(value, "autoscale"):
        return choice(*NORMS)(name, value)
    if isinstance(value, type):
        raise received(name, value, f"an object, {value.__name__}()")
    return value  # matplotlib's Normalize


def _label_colors(name: str, value: Any) -> dict[int, Any]:
    pairs = list(value.items()) if isinstance(value, dict) else value
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        pairs = [item.partition("=")[::2] for item in value]
    try:
        return {_label(label): _given_color(color) for label, color in pairs}
    except (TypeError, ValueError, OverflowError):
        raise received(name, value, LABEL_COLORS) from None


def _select(name: str, value: Any) -> dict[str, Any]:
    """Read places by dimension; what is typed is a number where it can be one."""
    pairs = value.items() if isinstance(value, dict) else value
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        pairs = [_typed_place(name, item) for item in value]
    try:
        places = {dimension: _plain_place(place) for dimension, place in pairs}
    except (TypeError, ValueError):
        raise received(name, value, SELECT) from None
    if not places or not all(isinstance(dimension, str) and dimension for dimension in places):
        raise received(name, value, SELECT)
    return places


def _shape(name: str, value: Any) -> tuple[int, ...]:
    """Read the lengths of axes, 1000x512x512 or a sequence."""
    try:
        parts = value.lower().split("x") if isinstance(value, str) else list(value)
        lengths = tuple(int(part) if isinstance(part, str) else index(part) for part in parts)
    except (TypeError, ValueError, AttributeError):
        raise received(name, value, SHAPE) from None
    flags = any(isinstance(part, bool) for part in parts)
    if flags or not 2 <= len(lengths) <= 4 or min(lengths) < 1:
        raise received(name, value, SHAPE)
    return lengths


def _typed_place(name: str, item: str) -> tuple[str, int | float | str]:
    dimension, equals, place = item.partition("=")
    if not (dimension and equals and place):
        raise received(name, item, SELECT)
    number = typed(place)
    return dimension, number if str(number) == place else place  # 007 is no 7


def _plain_place(place: Any) -> Any:
    """Leave moments and durations, which would become counts of their unit."""
    kind = getattr(getattr(place, "dtype", None), "kind", "")
    return place if kind in ("M", "m") else _plain(place)


def typed(text: str) -> int | float | str:
    """Read a number; the options' own checks have a word for whatever else it is."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _label(label: Any) -> int:
    number = int(label)
    if not LABELS[0] <= number <= LABELS[1] or (not isinstance(label, str) and number != label):
        raise ValueError(label)
    return number


def _given_color(color: Any) -> Any:
    if isinstance(color, str) and not color:
        raise ValueError(color)
    return color


def _fraction(value: Any) -> Fraction:
    """An exact number; of a text with an exponent, as 1e3, the float it stands for."""
    return Fraction(float(value) if isinstance(value, str) and "e" in value.lower() else value)


def _frame_rate(name: str, value: Any) -> Fraction:
    """Read a frame rate as an exact fraction.

    23.976, 29.97, 59.94 and the like become the broadcast rates they stand for (24000/1001).
    """
    value = _plain(value)
    try:
        exact = _fraction(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        raise received(name, value, FRAME_RATE) from None
    if isinstance(value, bool) or not Fraction(1, 1000) <= exact <= 1000:
        raise received(name, value, FRAME_RATE)
    for rate in _NTSC:
        if exact != rate and abs(exact - rate) < Fraction(1, 200) and exact.denominator != 1:
            return rate
    return exact.limit_denominator(100_000)


def _speed(name: str, value: Any) -> Fraction:
    """Read how many times as fast, as an exact fraction."""
    value = _plain(value)
    try:
        exact = _fraction(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        raise received(name, value, SPEED) from None
    if isinstance(value, bool) or not Fraction(1, 1000) <= exact <= 10**9:
        raise received(name, value, SPEED)
    return exact.limit_denominator(100_000)


def later(allowed: str = "") -> Check:
    """Let pass what shows only when it is opened."""
    return Check(lambda name, value: value, allowed=allowed)


color = later(
    "a name such as 'black', '#rrggbb', '#rrggbbaa', 'transparent', or (r, g, b), all floats in "
    "0..1 or all integers in 0..255"
)
some_frames = later("a slice, or START:STOP:STEP as a text")
flag = Check(_flag)
text = Check(_text)
path = Check(_path)
percentiles = Check(_percentiles, numeric=True, allowed=PERCENTILES)
ascending = Check(_ascending, numeric=True, allowed=ASCENDING)
limits = Check(_limits, numeric=True, allowed=LIMITS)
channel = Check(_channel, numeric=True)
norm = Check(_norm, allowed="one of these names, or a Normalize object of matplotlib")
label_colors = Check(_label_colors, allowed=LABEL_COLORS)
select = Check(_select, allowed=SELECT)
shape = Check(_shape, allowed=SHAPE)
frame_rate = Check(_frame_rate, allowed=FRAME_RATE)
speed = Check(_speed, allowed=SPEED)
