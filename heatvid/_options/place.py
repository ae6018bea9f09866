"""Where in a picture a field is placed: a rectangle in pixels, or in percent of the picture."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from heatvid._errors import OptionError, brief
from heatvid._options.checks import Check

ALLOWED = (
    "X,Y,W,H from the top left corner, in pixels or percent, as 10,10,320,180 or 70%,0,30%,30%"
)
_LENGTH = re.compile(r"[0-9]{1,9}(\.[0-9]{0,9})?%?")


def place_in(place: str, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Find the rectangle in a picture of ``size``, (height, width): top, left, height and width.

    Raises
    ------
    OptionError
        It is not within the picture.
    """
    height, width = size
    lengths = (width, height, width, height)
    x, y, across, down = map(_pixels, place.split(","), lengths)
    left, right, top, bottom = map(_rounded, (x, x + across, y, y + down))
    if not (left < right <= width and top < bottom <= height):
        raise OptionError(
            f"place: got {brief(place)}, pixels {left} to {right} across and {top} to {bottom} "
            f"down; allowed are pixels of the picture, {width}x{height}"
        )
    return top, left, bottom - top, right - left


def _read(name: str, value: Any) -> str:
    """Check four lengths, and bring them to one text."""
    parts = value.split(",") if isinstance(value, str) else value
    several = isinstance(parts, Iterable) and not isinstance(parts, bytes)
    spelled = [str(part).strip() for part in parts] if several else []
    lengths = [_pixels(part, 1) for part in spelled if _LENGTH.fullmatch(part)]
    if len(spelled) != 4 or len(lengths) != 4 or min(lengths[2:]) == 0:
        raise OptionError(f"{name}: got {brief(value)}; allowed is {ALLOWED}")
    return ",".join(spelled)


def _pixels(part: str, length: int) -> Fraction:
    """A length in pixels; 50% is of ``length``."""
    if part.endswith("%"):
        return Fraction(part[:-1]) * length / 100
    return Fraction(part)


def _rounded(pixels: Fraction) -> int:
    """The nearest edge between pixels; the later of two as near."""
    return math.floor(pixels + Fraction(1, 2))


check = Check(_read, allowed=ALLOWED)
