"""A text that changes with the frames: laid out beforehand, stamped on frame after frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

from heatvid._canvas import Box, Canvas
from heatvid._color.ink import Ink, Rgb, Stamp
from heatvid._frames import Bytes
from heatvid._layout.fonts import LEAST_PIXELS, Font, Label
from heatvid._layout.template import Patch
from heatvid._layout.texts import FrameFacts

Align = Literal["left", "center", "right"]
Words = Callable[[int, FrameFacts], str | Label]

KEPT = 32  # texts that are kept as they were drawn: a clock says the same for some frames


def offset(width: int, room: int, align: Align) -> int:
    """Columns before a text in a room."""
    return {"left": 0, "center": (room - width) // 2, "right": room - width}[align]


@dataclass(frozen=True, eq=False)
class MovingText:
    """One line that says something of each frame.

    Attributes
    ----------
    canvas : Canvas
    words : callable
        Takes a frame's index and facts to what is said.
    font : Font
        A text that is wider than its room is drawn in a smaller size, so that nothing is cut.
    rgb : (int, int, int)
    room : Box
        Where the text lies, as high as the font.
    align : {"left", "center", "right"}
        In its room.
    ground : Patch or None
        What lies under it in every frame, where no tile does: a part of the template.
    shade : Stamp or None
        What is laid under it, so that it is legible on pictures.
    """

    canvas: Canvas
    words: Words
    font: Font
    rgb: Rgb
    room: Box
    align: Align = "left"
    ground: Patch | None = None
    shade: Stamp | None = None
    _stamps: Callable[[str | Label], Stamp] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_stamps", lru_cache(KEPT)(self._stamp))

    @cached_property
    def box(self) -> Box:
        """The pixels that it may change."""
        if self.ground is not None:
            return self.ground.box
        if self.shade is not None:
            return self.shade.box
        whole = Box(0, 0, self.canvas.height, self.canvas.width)
        return self.canvas.aligned(self.room.common(whole))

    @property
    def covers(self) -> bool:
        """Whether nothing of what was there is seen in its box."""
        return self.ground is not None

    def draw(self, frame: Bytes, index: int, facts: FrameFacts) -> None:
        """Draw it into a frame, shape (frame_bytes,) uint8."""
        if self.ground is not None:
            self.ground.lay(self.canvas, frame)
        if self.shade is not None:
            self.shade.lay(frame)
        self._stamps(self.words(index, facts)).lay(frame)

    @cached_property
    def _ink(self) -> Ink:
        return Ink(self.canvas, self.rgb)

    def _stamp(self, words: str | Label) -> Stamp:
        font = self._fitting(words)
        coverage = font.coverage(words)[:, : self.room.width]
        left = self.room.left + offset(coverage.shape[1], self.room.width, self.align)
        top = self.room.top + self.font.ascent - font.ascent  # on the same baseline
        return self._ink.stamp(top, left, coverage)

    def _fitting(self, words: str | Label) -> Font:
        """The font in the largest size in which they fit."""
        font = self.font
        while font.width(words) > self.room.width and font.size > LEAST_PIXELS:
            font = font.at(font.size - 1)
        return font


def still(words: str | Label) -> Words:
    """Words that are the same in every frame."""
    return lambda index, facts: words
