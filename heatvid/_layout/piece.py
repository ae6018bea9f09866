"""What every piece of a layout is: it has a size, is drawn once, and leaves what moves."""

from __future__ import annotations

from typing import Protocol

from heatvid._canvas import Box
from heatvid._frames import Bytes
from heatvid._layout.template import Template
from heatvid._layout.texts import FrameFacts


class Moving(Protocol):
    """What is drawn into every frame, after its tiles."""

    @property
    def box(self) -> Box:
        """The pixels that it may change; whole samples of chroma."""

    @property
    def covers(self) -> bool:
        """Whether nothing of what was there is seen in these."""

    def draw(self, frame: Bytes, index: int, facts: FrameFacts) -> None:
        """Draw it into a frame of the canvas, shape (frame_bytes,) uint8, in host memory.

        Calls for different frames may run at once.
        """


class Piece(Protocol):
    """What is placed in a layout."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels, both even."""

    def draw(self, template: Template, top: int, left: int) -> tuple[Moving, ...]:
        """Draw what stays, with its corner here, and give what is drawn into every frame.

        Where chroma is halved ``top`` and ``left`` are even.
        """


def even(size: float) -> int:
    """The next even number of pixels."""
    return -(-int(-(-size // 1)) // 2) * 2
