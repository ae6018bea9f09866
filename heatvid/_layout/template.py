"""The template of a composition: one frame, drawn once, that lies under all tiles and texts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from heatvid._canvas import Box, Canvas
from heatvid._color.ink import Ink, Rgb
from heatvid._frames import Bytes, Words


@dataclass(frozen=True, eq=False)
class Template:
    """One frame that is drawn on.

    Attributes
    ----------
    canvas : Canvas
    frame : ndarray, shape (frame_bytes,), uint8
    """

    canvas: Canvas
    frame: Bytes

    @classmethod
    def filled(cls, canvas: Canvas, rgb: Rgb) -> Template:
        """Make one that has a colour everywhere."""
        template = cls(canvas, np.empty(canvas.frame_bytes, np.uint8))
        template.fill(template.whole, rgb)
        return template

    @property
    def whole(self) -> Box:
        """All of it, with its padding."""
        return Box(0, 0, self.canvas.height, self.canvas.width)

    def fill(self, box: Box, rgb: Rgb) -> None:
        """Give a box one colour; what lies beyond the template is cut off."""
        Ink(self.canvas, rgb).fill(self.frame, box)

    def blend(self, top: int, left: int, coverage: Bytes, color: Rgb | Ink) -> None:
        """Lay a colour on by a coverage, shape (h, w) uint8; what lies beyond is cut off."""
        ink = color if isinstance(color, Ink) else Ink(self.canvas, color)
        ink.blend(self.frame, top, left, coverage)

    def paste(self, top: int, left: int, patch: Patch) -> None:
        """Put a frame of the same pixels here; its corner is even where chroma is halved."""
        patch.at(top, left).lay(self.canvas, self.frame)

    def ground(self, box: Box) -> Patch | None:
        """What lies in every frame under a text that moves in this box, and whole samples around.

        None where that is a tile, or what is drawn over it.
        """
        return self.crop(self.canvas.aligned(box.common(self.whole)))

    def crop(self, box: Box) -> Patch:
        """Copy an aligned box of what is drawn so far."""
        part = replace(self.canvas, content_height=box.height, content_width=box.width)
        patch = Patch(box, part, np.empty(part.frame_bytes, np.uint8))
        for copy, own in zip(patch.parts, self.canvas.parts_of(self.frame, box), strict=True):
            copy[...] = own
        return patch


@dataclass(frozen=True, eq=False)
class Patch:
    """Pixels of a box.

    Attributes
    ----------
    box : Box
        Aligned: where they lie, or are to lie.
    canvas : Canvas
        Of the box's size.
    frame : ndarray, shape (frame_bytes,), uint8
    """

    box: Box
    canvas: Canvas
    frame: Bytes

    def at(self, top: int, left: int) -> Patch:
        """The same pixels elsewhere; a corner that is even where chroma is halved."""
        return replace(self, box=Box(top, left, *self.box[2:]))

    @cached_property
    def parts(self) -> tuple[Bytes | Words, ...]:
        """Each plane."""
        return self.canvas.parts_of(self.frame, Box(0, 0, self.canvas.height, self.canvas.width))

    def lay(self, canvas: Canvas, frame: Bytes) -> None:
        """Copy the pixels to their place in a frame of a larger canvas."""
        for own, copy in zip(canvas.parts_of(frame, self.box), self.parts, strict=True):
            own[...] = copy
