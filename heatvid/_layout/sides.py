"""The sides that a bar can stand on: places along it and across it become boxes of the frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Box
from heatvid._color.ink import FULL
from heatvid._frames import Bytes

Kind = TypeVar("Kind", bound=np.generic)
Side = Literal["right", "left", "bottom", "top"]


@dataclass(frozen=True)
class Strip:
    """A rectangle beside a tile: *along* runs from its low end, *across* away from the tile.

    Attributes
    ----------
    side : {"right", "left", "bottom", "top"}
        Of the tile. Along is upward, or to the right.
    box : Box
    """

    side: Side
    box: Box

    @property
    def upright(self) -> bool:
        """Whether along is upward."""
        return self.side in ("right", "left")

    def part(self, along: int, across: int, length: int, thickness: int) -> Box:
        """The box that begins at places along and across."""
        top, left, height, width = self.box
        if self.upright:
            beside = across if self.side == "right" else width - across - thickness
            return Box(top + height - along - length, left + beside, length, thickness)
        beside = across if self.side == "bottom" else height - across - thickness
        return Box(top + beside, left + along, thickness, length)

    def turned(self, pixels: NDArray[Kind]) -> NDArray[Kind]:
        """Pixels of shape (length, thickness), from the low end outward, as the frame has them."""
        if self.side in ("left", "top"):
            pixels = pixels[:, ::-1]
        return pixels[::-1] if self.upright else pixels.T


def arrow(length: int, thickness: int) -> Bytes:
    """Coverage of a triangle from its base to its point, shape (length, thickness)."""
    half = (1 - (np.arange(length) + 0.5) / length)[:, None] * (thickness / 2)
    beside = np.abs(np.arange(thickness) + 0.5 - thickness / 2)
    coverage: Bytes = np.rint(np.clip(half - beside + 0.5, 0, 1) * FULL).astype(np.uint8)
    return coverage
