"""Ticks of matplotlib's own norms: those of a colourbar that matplotlib makes, and never draws."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatvid._layout.fonts import Label
from heatvid._layout.tick_texts import minus

_POWER = re.compile(r"(.*)\^\{?([^{}]*)\}?")
_DOTS_PER_INCH = 72  # so that a point is a pixel
_FONT_PIXELS = 10
_SHARE = 0.5  # of the figure's height that the bar takes

Marks = tuple[NDArray[np.float64], list[Label | None]]


class OwnTicks(NamedTuple):
    """Values and texts of major and minor ticks, those beyond the limits among them."""

    major: Marks
    minor: Marks
    apart: str


def matplotlib_ticks(normalize: Any, space: int) -> OwnTicks:
    """The ticks of a norm that has limits, at most so many intervals between them."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure

    height = (2 * _FONT_PIXELS * max(space, 1) + 1) / _SHARE / _DOTS_PER_INCH
    figure = Figure(figsize=(1, height), dpi=_DOTS_PER_INCH)
    axes = figure.add_axes((0.4, (1 - _SHARE) / 2, 0.1, _SHARE))
    axes.tick_params(labelsize=_FONT_PIXELS)
    bar: Any = Colorbar(axes, mappable=ScalarMappable(normalize))
    axis: Any = bar.long_axis
    major = _marks(axis.get_majorticklocs(), axis.get_major_formatter())
    minor = _marks(axis.get_minorticklocs(), axis.get_minor_formatter())
    return OwnTicks(major, minor, minus(str(axis.get_major_formatter().get_offset())))


def _marks(places: Any, formatter: Any) -> Marks:
    return np.asarray(places, np.float64), [
        label_of(text) for text in formatter.format_ticks(places)
    ]


def label_of(text: str) -> Label | None:
    r"""Read what a tick of matplotlib says, ``$\\mathdefault{2\\times10^{-3}}$`` too."""
    if not text:
        return None
    plain = text.removeprefix("$").removesuffix("$").replace(r"\times", "×")
    plain = re.sub(r"\\\w+\{(.*)\}", r"\1", plain) if plain != text else text
    found = _POWER.fullmatch(plain)
    return Label(minus(found[1]), minus(found[2])) if found else Label(minus(plain))
