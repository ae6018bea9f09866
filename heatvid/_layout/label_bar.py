"""The colourbar of labels: one cell a label, with its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from heatvid._canvas import Box
from heatvid._color.ink import Rgb
from heatvid._errors import OptionError
from heatvid._layout.caption import cut_short
from heatvid._layout.fonts import Font
from heatvid._layout.legend import NO_LIMITS, demand_labels
from heatvid._layout.piece import Moving, even
from heatvid._layout.sides import Side, Strip
from heatvid._layout.swatches import swatch
from heatvid._layout.template import Template
from heatvid._plan.tile import TilePlan


@dataclass(frozen=True, eq=False)
class LabelBar:
    """A bar of the colours of labels.

    Attributes
    ----------
    plan : TilePlan
        Of a tile that shows labels.
    side : {"right", "left", "bottom", "top"}
        Of the tile.
    length : int
        Of the side, even.
    names : mapping of int to str
        Of at least one label; an empty name is its number.
    font : Font
    rgb : (int, int, int)
    """

    plan: TilePlan
    side: Side
    length: int
    names: Mapping[int, str]
    font: Font
    rgb: Rgb

    def __post_init__(self) -> None:
        demand_labels(self.plan, "colorbar")
        if not 0 < len(self.names) <= self.length // 2 - 2:
            raise OptionError(
                f"colorbar: got {len(self.names)} labels for {self.length} pixels; allowed are "
                f"{2 * len(self.names) + 4} pixels and more, or fewer labels"
            )

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        room = max(map(self.font.width, self._said)) if self._upright else self.font.height
        thickness = even(self._text_across + room)
        return (self.length, thickness) if self._upright else (thickness, self.length)

    @property
    def _upright(self) -> bool:
        return self.side in ("right", "left")

    @cached_property
    def _labels(self) -> list[int]:
        return sorted(self.names)

    @cached_property
    def _said(self) -> list[str]:
        return [self.names[label] or str(label) for label in self._labels]

    @property
    def _thickness(self) -> int:
        return even(self.font.size * 1.1)

    @property
    def _text_across(self) -> int:
        return 2 + self._thickness + 1 + max(2, self.font.size // 3)

    @cached_property
    def _cell(self) -> int:
        """Length of a cell, even."""
        return (self.length - 4) // len(self._labels) // 2 * 2

    @cached_property
    def _start(self) -> int:
        return (self.length - self._cell * len(self._labels)) // 4 * 2

    def draw(self, template: Template, top: int, left: int) -> tuple[Moving, ...]:
        """Draw the cells, and names beside their middles."""
        strip = Strip(self.side, Box(top, left, *self.size))
        values = np.repeat(np.array(self._labels, np.float64), self._cell)
        pixels = np.broadcast_to(values[:, None], (len(values), self._thickness))
        box = strip.part(self._start, 2, len(values), self._thickness)
        template.fill(Box(box.top - 1, box.left - 1, box.height + 2, box.width + 2), self.rgb)
        template.paste(box.top, box.left, swatch(self.plan, strip.turned(pixels), NO_LIMITS))
        taken: list[Box] = []
        for i, name in enumerate(self._said):
            room = self._room(strip, self._start + (i + 0.5) * self._cell, self._fitted(name))
            if not any(room.meets(other) for other in taken):
                taken.append(room)
                coverage = self.font.coverage(self._fitted(name))
                template.blend(room.top, room.left, coverage, self.rgb)
        return ()

    def _fitted(self, name: str) -> str:
        """What fits beside its cell, where names stand side by side."""
        return name if self._upright else cut_short(name, self.font, self._cell - 2)

    def _room(self, strip: Strip, along: float, name: str) -> Box:
        width = self.font.width(name)
        if strip.upright:
            box = strip.part(0, self._text_across, 0, width)
            top = round(strip.box.bottom - along - self.font.middle)
            return Box(top, box.left, self.font.height, width)
        box = strip.part(0, self._text_across, width, self.font.height)
        return Box(box.top, round(box.left + along - width / 2), box.height, width)
