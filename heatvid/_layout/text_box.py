"""A line of text anywhere on the frame, over tiles too, behind it a box of a colour or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from heatvid._canvas import Box, Canvas
from heatvid._color.ink import FULL, Ink, Rgb, Stamp
from heatvid._layout.fonts import Font
from heatvid._layout.moving_text import Align, MovingText
from heatvid._layout.piece import Moving, even
from heatvid._layout.template import Template
from heatvid._layout.texts import Extent, Text


@dataclass(frozen=True, eq=False)
class TextBox:
    """A line of text in a room as wide as it will ever be.

    Attributes
    ----------
    text : Text
    font : Font
    rgb : (int, int, int)
    shade : (int, int, int, float) or None
        Colour of the box behind it, and its opacity in 0..1.
    align : {"left", "center", "right"}
        In its room.
    extent : Extent
        What is known of the frames.
    over_tiles : bool
        Whether tiles are drawn below it, so that it is drawn anew into every frame.
    most : int or None
        Columns that there are for it.
    """

    text: Text
    font: Font
    rgb: Rgb
    shade: tuple[int, int, int, float] | None = None
    align: Align = "left"
    extent: Extent = field(default_factory=Extent)
    over_tiles: bool = True
    most: int | None = None

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width, with a margin."""
        width = even(self.text.widest(self.font, self.extent) + 2 * self._margin)
        most = width if self.most is None else self.most // 2 * 2
        return even(self.font.height + 2 * self._margin_above), min(width, most)

    @property
    def _margin(self) -> int:
        return max(2, self.font.size // 3)

    @property
    def _margin_above(self) -> int:
        return max(1, self.font.size // 8)

    def draw(self, template: Template, top: int, left: int) -> tuple[Moving, ...]:
        """Leave the text, on what is drawn here or on tiles."""
        box = Box(top, left, *self.size)
        shade = self._shade(template.canvas, box)
        ground = None
        if not self.over_tiles:
            if shade is not None:
                shade.lay(template.frame)
            shade, ground = None, template.ground(box)
        width = box.width - 2 * self._margin
        room = Box(top + self._margin_above, left + self._margin, self.font.height, width)
        words, align = self.text.words, self.align
        return (
            MovingText(template.canvas, words, self.font, self.rgb, room, align, ground, shade),
        )

    def _shade(self, canvas: Canvas, box: Box) -> Stamp | None:
        if self.shade is None:
            return None
        *rgb, opacity = self.shade
        coverage = np.full((box.height, box.width), round(opacity * FULL), np.uint8)
        return Ink(canvas, (rgb[0], rgb[1], rgb[2])).stamp(box.top, box.left, coverage)
