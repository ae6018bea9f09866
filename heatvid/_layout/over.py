"""Pieces over tiles: drawn once like any other, then laid on every frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from heatvid._canvas import Box, Canvas
from heatvid._color.ink import FULL, Ink, Rgb, Stamp
from heatvid._frames import Bytes
from heatvid._layout.piece import Moving, Piece
from heatvid._layout.template import Patch, Template
from heatvid._layout.texts import FrameFacts


@dataclass(frozen=True, eq=False)
class Over:
    """A piece that lies over tiles.

    Attributes
    ----------
    piece : Piece
    shade : (int, int, int, float) or None
        Colour of the box behind it, and its opacity in 0..1; None where there is none.
    margin : int
        Of the box around the piece, even.
    """

    piece: Piece
    shade: tuple[int, int, int, float] | None = None
    margin: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, with the margin."""
        height, width = self.piece.size
        return height + 2 * self.margin, width + 2 * self.margin

    def draw(self, template: Template, top: int, left: int) -> tuple[Moving, ...]:
        """Leave the piece to be laid on every frame, and after it what moves of it."""
        box = Box(top, left, *self.size)
        traced: Traced = Traced(template.canvas, template.frame, box)
        if self.shade is not None:
            red, green, blue, opacity = self.shade
            coverage = np.full((box.height, box.width), round(opacity * FULL), np.uint8)
            traced.blend(top, left, coverage, (red, green, blue))
        moving = self.piece.draw(traced, top + self.margin, left + self.margin)
        still: Moving = traced
        if self.shade is not None and round(self.shade[3] * FULL) == FULL:
            still = traced.solid()
        return (still, *moving)


@dataclass(frozen=True, eq=False)
class Still:
    """Pixels that are the same in every frame."""

    canvas: Canvas
    patch: Patch

    @property
    def box(self) -> Box:
        """Where they lie."""
        return self.patch.box

    @property
    def covers(self) -> bool:
        """Nothing of what was there is seen."""
        return True

    def draw(self, frame: Bytes, index: int, facts: FrameFacts) -> None:
        """Copy them to a frame."""
        self.patch.lay(self.canvas, frame)


@dataclass(frozen=True, eq=False)
class Traced(Template):
    """A template that remembers what is drawn, to lay it on frames again.

    Attributes
    ----------
    room : Box
        In which everything is drawn.
    steps : list of Stamp or Patch
    """

    room: Box
    steps: list[Stamp | Patch] = field(default_factory=list)

    @cached_property
    def box(self) -> Box:
        """The pixels that it may change."""
        return self.canvas.aligned(self.room.common(self.whole))

    @property
    def covers(self) -> bool:
        """What was there may be seen."""
        return False

    def fill(self, box: Box, rgb: Rgb) -> None:
        """Remember to give a box one colour."""
        self.blend(box.top, box.left, np.full((box.height, box.width), FULL, np.uint8), rgb)

    def blend(self, top: int, left: int, coverage: Bytes, color: Rgb | Ink) -> None:
        """Remember to lay on a colour."""
        ink = color if isinstance(color, Ink) else Ink(self.canvas, color)
        self.steps.append(ink.stamp(top, left, coverage))

    def paste(self, top: int, left: int, patch: Patch) -> None:
        """Remember to put pixels here."""
        self.steps.append(patch.at(top, left))

    def ground(self, box: Box) -> Patch | None:
        """Nothing that is known beforehand."""
        return None

    def draw(self, frame: Bytes, index: int, facts: FrameFacts) -> None:
        """Lay all of it on a frame."""
        for step in self.steps:
            if isinstance(step, Patch):
                step.lay(self.canvas, frame)
            else:
                step.lay(frame)

    def solid(self) -> Still:
        """What it looks like where nothing shows through."""
        copy = Template(self.canvas, self.frame.copy())
        self.draw(copy.frame, 0, FrameFacts())
        return Still(self.canvas, copy.crop(self.box))
