"""What values options of a composition may have."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any

from heatvid._options.checks import Check, number, received

SIZE = "WIDTHxHEIGHT, as 1280x720, or a pair (height, width) of whole numbers, 1 to 65536"
PANELS = ("background", "heat", "overlay")
LARGEST_SIDE = 65_536


def _size(name: str, value: Any) -> tuple[int, int]:
    """Read a size: a text is width first, a pair height first."""
    try:
        if isinstance(value, str):
            width, height = map(int, value.lower().split("x"))
        else:
            height, width = map(index, value)
    except (TypeError, ValueError):
        raise received(name, value, SIZE) from None
    if not (1 <= height <= LARGEST_SIDE and 1 <= width <= LARGEST_SIDE):
        raise received(name, value, SIZE)
    return height, width


def _panels(name: str, value: Any) -> tuple[str, ...]:
    """Read names of panels, apart by commas in a text."""
    items = value.split(",") if isinstance(value, str) else value
    allowed = f"one or more of {', '.join(PANELS)}, as background,heat,overlay"
    if not isinstance(items, Iterable) or isinstance(items, bytes):
        raise received(name, value, allowed)
    names = tuple(items)
    if not names or any(item not in PANELS for item in names):
        raise received(name, value, allowed)
    if set(names) == {"background"}:
        raise received(name, value, "that beside heat or overlay: a field is shown")
    return names


def _texts(name: str, value: Any) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, Iterable) or not all(isinstance(item, str) for item in items):
        raise received(name, value, "texts, one each")
    return tuple(items)


def _length(name: str, value: Any) -> float | str:
    """Read a length, or ``auto``."""
    return value if isinstance(value, str) and value == "auto" else number(1e-12)(name, value)


size = Check(_size, allowed=SIZE)
panels = Check(_panels, allowed=f"names apart by commas, or a sequence: {', '.join(PANELS)}")
texts = Check(_texts, allowed="texts, one each")
length = Check(_length, numeric=True, allowed="a number above 0, or auto")
