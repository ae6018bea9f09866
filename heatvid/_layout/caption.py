"""Captions: a text in a given width, in smaller letters or in several lines where it is long."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from heatvid._canvas import Box
from heatvid._color.ink import Rgb
from heatvid._layout.fonts import LEAST_PIXELS, Font
from heatvid._layout.moving_text import Align, MovingText, offset
from heatvid._layout.piece import Moving, even
from heatvid._layout.template import Template
from heatvid._layout.texts import Extent, FrameFacts, Text

SHRUNK = 0.75  # of the size, before a text is broken into lines
ELLIPSIS = "…"


@dataclass(frozen=True, eq=False)
class Caption:
    """A title, or a caption of a panel.

    Attributes
    ----------
    text : Text
        One that moves has one line, and as small letters as that takes.
    font : Font
    width : int
        The room, even.
    rgb : (int, int, int)
    align : {"left", "center", "right"}
    extent : Extent
        What is known of the frames, where it moves.
    """

    text: Text
    font: Font
    width: int
    rgb: Rgb
    align: Align = "center"
    extent: Extent = field(default_factory=Extent)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        lines = 1 if self.text.moves else len(self._lines)
        return even(lines * self._fitting.height), self.width

    def draw(self, template: Template, top: int, left: int) -> tuple[Moving, ...]:
        """Draw the lines, or leave the one that moves."""
        if self.text.moves:
            return (self._moving(template, Box(top, left, *self.size)),)
        for i, line in enumerate(self._lines):
            coverage = self._fitting.coverage(line)
            start = left + offset(coverage.shape[1], self.width, self.align)
            template.blend(top + i * self._fitting.height, start, coverage, self.rgb)
        return ()

    def _moving(self, template: Template, box: Box) -> MovingText:
        ground = template.ground(box)
        room = Box(box.top, box.left, self._fitting.height, box.width)
        words, font = self.text.words, self._fitting
        return MovingText(template.canvas, words, font, self.rgb, room, self.align, ground)

    @cached_property
    def _fitting(self) -> Font:
        """The font in the largest size that fits, but no smaller than lines are broken at."""
        least = LEAST_PIXELS if self.text.moves else max(LEAST_PIXELS, SHRUNK * self.font.size)
        font = self.font
        while self._widest(font) > self.width and font.size - 1 >= least:
            font = font.at(font.size - 1)
        return font

    def _widest(self, font: Font) -> int:
        if self.text.moves:
            return self.text.widest(font, self.extent)
        return max(map(font.width, self._given), default=0)

    @cached_property
    def _given(self) -> list[str]:
        """The lines that the text has by itself."""
        return self.text.words(0, FrameFacts()).split("\n")

    @cached_property
    def _lines(self) -> list[str]:
        return [line for own in self._given for line in broken(own, self._fitting, self.width)]


def broken(line: str, font: Font, width: int) -> list[str]:
    """Break a line between words where it is wider than its room; a long word is cut short."""
    lines: list[str] = []
    for word in line.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.width(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return [cut_short(each, font, width) for each in lines]


def cut_short(line: str, font: Font, width: int) -> str:
    """As much of a line as fits, and what says that there is more."""
    if font.width(line) <= width:
        return line
    line = line[: max(0, width)]  # letters that take a column at least
    while line and font.width(line + ELLIPSIS) > width:
        line = line[:-1]
    return line + ELLIPSIS if line else ""
