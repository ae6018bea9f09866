"""The scale bar: a line as long as a round length of what the field shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from heatvid._canvas import Box
from heatvid._color.ink import Rgb
from heatvid._errors import OptionError
from heatvid._frames import AnyArray
from heatvid._layout.fonts import Font
from heatvid._layout.piece import Moving, even
from heatvid._layout.template import Template

SHARE = 0.25  # of the width, that a length is chosen for
EVENLY = 1e-3  # of their distance, that coordinates may lie beside even ones


@dataclass(frozen=True, eq=False)
class ScaleBar:
    """A line with its length.

    Attributes
    ----------
    length : float or None
        In units; by default a round one, of at most a quarter of the width.
    pixel_size : float
        Of the field, in units.
    unit : str
    scale : float
        Columns of the canvas a column of the field.
    font : Font
    rgb : (int, int, int)
    most : int
        Columns of the tile.
    """

    length: float | None
    pixel_size: float
    unit: str
    scale: float
    font: Font
    rgb: Rgb
    most: int

    def __post_init__(self) -> None:
        if self.most < 1:
            raise OptionError(
                f"scale_bar: so narrow a panel has no room for it; allowed are {1 - self.most} "
                "pixels more (zoom=), or smaller letters (text_size=)"
            )
        if not 1 <= self._columns <= self.most:
            given = f"{self.shown_length:g} {self.unit}".rstrip()
            raise OptionError(
                f"scale_bar: got {given}, {self._exact:.3g} columns of the video; allowed are "
                f"lengths of 1 to {self.most} columns, {self.most * self._column_size:g} at most"
            )

    @property
    def _column_size(self) -> float:
        """Units a column of the canvas."""
        return self.pixel_size / self.scale

    @cached_property
    def shown_length(self) -> float:
        """In units."""
        if self.length is not None:
            return self.length
        return round_below(SHARE * self.most * self._column_size)

    @property
    def _exact(self) -> float:
        return self.shown_length / self._column_size

    @property
    def _columns(self) -> int:
        return round(min(self._exact, 1e9))

    @property
    def _text(self) -> str:
        return f"{self.shown_length:g} {self.unit}".rstrip()

    @property
    def _thickness(self) -> int:
        return even(max(2, self.font.size / 5))

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        width = even(max(self._columns, self.font.width(self._text)))
        return even(self.font.height + self._thickness), width

    def draw(self, template: Template, top: int, left: int) -> tuple[Moving, ...]:
        """Draw the line, and its length above it."""
        height, width = self.size
        start = left + (width - self._columns) // 2
        line = Box(top + height - self._thickness, start, self._thickness, self._columns)
        template.fill(line, self.rgb)
        coverage = self.font.coverage(self._text)
        template.blend(top, left + (width - coverage.shape[1]) // 2, coverage, self.rgb)
        return ()


def round_below(length: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(length))
    digit = next(digit for digit in (5, 2, 1) if digit == 1 or digit * power <= length)
    return float(f"{digit * power:.1g}")


def spacing(coordinates: AnyArray | None) -> float | None:
    """How far evenly spaced coordinates, shape (n,), lie apart; None where they do not."""
    if coordinates is None or len(coordinates) < 2 or coordinates.dtype.kind not in "iuf":
        return None
    steps = np.diff(coordinates.astype(np.float64))
    step = float(abs(steps.mean()))
    if not np.isfinite(steps).all() or step == 0 or np.ptp(steps) > EVENLY * step:
        return None
    return step
