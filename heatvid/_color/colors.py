"""Single colours: names, numbers and tuples become red, green, blue and alpha."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from heatvid._errors import OptionError, brief


def parse_color(color: Any, option: str = "colour") -> tuple[int, int, int, float]:
    """Read one colour as red, green and blue in 0..255 and alpha in 0..1."""
    demand_one_meaning([color], option)
    return one_color(color, option)


def one_color(color: Any, option: str) -> tuple[int, int, int, float]:
    """The same of a colour among others, which say together what their numbers mean."""
    import cmap as cmap_package

    if isinstance(color, str) and color.lower() == "transparent":
        return (0, 0, 0, 0.0)
    try:
        named = isinstance(color, (str, cmap_package.Color))
        r, g, b, a = cmap_package.Color(color).rgba if named else _channels(color)
        red, green, blue = (round(float(channel) * 255) for channel in (r, g, b))
        return (red, green, blue, float(a))
    except Exception:
        raise OptionError(
            f"{option}: {brief(color)} is not a colour; allowed are names such as 'black', "
            "'#rrggbb', '#rrggbbaa', 'transparent' and (r, g, b) tuples, all floats in 0..1 or all "
            "integers in 0..255"
        ) from None


def demand_one_meaning(colors: Sequence[Any], option: str) -> None:
    """Refuse (1, 0, 0): red to who thinks in 0..1, nearly black to who thinks in 0..255."""
    numbers = [np.asarray(color) for color in colors if isinstance(color, (list, tuple))]
    if not numbers or len(numbers) < len(colors):
        return
    if all(color.size and color.dtype.kind in "iu" for color in numbers) and (
        max(color.max() for color in numbers) == 1
    ):
        raise OptionError(
            f"{option}: {brief(colors[0] if len(colors) == 1 else colors)} could be read in two "
            "ways; say (1.0, 0.0, 0.0) for floats in 0..1, or 255 for the brightest integer"
        )


def _channels(color: Any) -> tuple[float, float, float, float]:
    """Red, green, blue and alpha in 0..1 of a sequence of numbers."""
    channels = np.asarray(color)
    scaled = channels / 255 if channels.dtype.kind in "iu" else channels
    if scaled.dtype.kind != "f" or not ((scaled >= 0) & (scaled <= 1)).all():
        raise ValueError("not numbers of the range")
    r, g, b, *a = scaled.tolist()
    (alpha,) = a or [1.0]
    return r, g, b, alpha
