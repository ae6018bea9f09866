"""The drawing that lies under the demo's flow: a channel and a cylinder, as on a blueprint.

Every shape is a signed distance, in units of the channel's height, and its edge is smoothed over
one pixel; so the drawing lines up with the flow at every size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._tools.demo import CYLINDER_X, CYLINDER_Y, DIAMETER, cylinder_distance

Floats = NDArray[np.float32]
Distance = NDArray[np.floating]

PAPER = (30, 72, 124)
FINE_INK = (72, 116, 170)
BOLD_INK = (118, 162, 212)
INK = (222, 238, 252)
STEEL_DARK, STEEL_LIGHT = (96, 112, 130), (246, 249, 252)


def demo_options() -> dict[str, Any]:
    """Give the options of ``render`` that suit the flow; the cylinder is the background's."""
    return {
        "background": drawn_background(),
        "cmap": "berlin",
        "vmin": -3.0,
        "vmax": 3.0,
        "bad": "transparent",
        "alpha": 0.7,
        "fps": 30,
        "preset": "veryfast",
    }


def drawn_background(height: int = 720, width: int = 1920) -> NDArray[np.uint8]:
    """Draw the channel, its grid and inflow, and the cylinder.

    Returns
    -------
    ndarray, shape (height, width, 3), uint8, RGB
    """
    sheet = _Sheet(height, width)
    sheet.ink(sheet.grid(0.05), 0.0008, FINE_INK)
    sheet.ink(sheet.grid(0.25), 0.0014, BOLD_INK)
    _draw_axes(sheet)
    _draw_walls(sheet)
    for y in np.linspace(0.1, 0.9, 9):
        _draw_arrow(sheet, start=0.03, end=0.15, y=float(y))
    _draw_cylinder(sheet)
    return np.rint(sheet.pixels).astype(np.uint8)


class _Sheet:
    """The picture so far, with the position of every pixel's centre."""

    def __init__(self, height: int, width: int) -> None:
        self.height = height
        self.y = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]
        self.x = ((np.arange(width, dtype=np.float32) + 0.5) / height)[None, :]
        self.pixels = np.empty((height, width, 3), np.float32)
        self.pixels[:] = np.array(PAPER, np.float32)

    def fill(self, distance: Distance, colour: tuple[int, int, int] | Floats) -> None:
        """Paint where ``distance`` is negative."""
        amount = _coverage(distance, self.height)[..., None]
        self.pixels += amount * (np.asarray(colour, np.float32) - self.pixels)

    def ink(self, distance: Distance, thickness: float, colour: tuple[int, int, int]) -> None:
        """Draw a line of ``thickness`` along the zero of ``distance``."""
        self.fill(np.abs(distance) - np.float32(thickness / 2), colour)

    def grid(self, pitch: float) -> Floats:
        """Distance from the nearest line of a square grid."""
        return np.minimum(_from_multiple(self.x, pitch), _from_multiple(self.y, pitch))


def _draw_axes(sheet: _Sheet) -> None:
    """The centre lines, dashed and dotted: along the channel, and across the cylinder."""
    pitch, dot = 0.08, 0.008
    phase = _from_multiple(sheet.x - CYLINDER_X, pitch)  # 0 mid-dash, pitch / 2 at the dot
    dashes = np.minimum(phase - 0.35 * pitch, pitch / 2 - dot / 2 - phase)
    sheet.fill(np.maximum(np.abs(sheet.y - CYLINDER_Y) - 0.001, dashes), INK)
    length = np.abs(sheet.y - CYLINDER_Y) - DIAMETER
    sheet.fill(np.maximum(np.abs(sheet.x - CYLINDER_X) - 0.001, length), INK)


def _draw_walls(sheet: _Sheet) -> None:
    """Both walls: a line, and hatching towards the outside."""
    inside = np.minimum(sheet.y, 1 - sheet.y) + 0 * sheet.x
    hatching = _from_multiple((sheet.x + sheet.y) * np.float32(0.5**0.5), 0.012)
    sheet.fill(np.maximum(hatching - 0.001, inside - 0.022), INK)
    sheet.ink(inside - 0.022, 0.004, INK)


def _draw_arrow(sheet: _Sheet, start: float, end: float, y: float) -> None:
    """An arrow of inflow from ``start`` to ``end``."""
    head = 0.022
    across = np.abs(sheet.y - y)
    shaft = np.maximum(
        across - 0.002, np.abs(sheet.x - (start + end - head) / 2) - (end - head - start) / 2
    )
    tip = np.maximum((across - (end - sheet.x) * 0.4) / np.float32(1.08), end - head - sheet.x)
    sheet.fill(np.minimum(shaft, tip), INK)


def _draw_cylinder(sheet: _Sheet) -> None:
    """A disc of steel lit from the upper left, with a rim and its centre marked."""
    distance = cylinder_distance(*sheet.pixels.shape[:2])
    radius = DIAMETER / 2
    light = np.hypot(sheet.x - CYLINDER_X + 0.4 * radius, sheet.y - CYLINDER_Y + 0.45 * radius)
    shade = np.clip(light / (1.7 * radius), 0, 1)[..., None] ** np.float32(1.3)
    steel = STEEL_LIGHT + shade * (np.array(STEEL_DARK, np.float32) - STEEL_LIGHT)
    sheet.fill(distance, steel.astype(np.float32))
    # As wide as a step of the field's edge, which it hides.
    sheet.ink(distance - 0.001, 0.007, INK)
    mark = np.minimum(np.abs(sheet.x - CYLINDER_X), np.abs(sheet.y - CYLINDER_Y)) - 0.001
    sheet.fill(np.maximum(mark, distance + 0.8 * radius), PAPER)


def _from_multiple(position: Distance, pitch: float) -> Floats:
    """Distance from the nearest multiple of ``pitch``."""
    offset: Floats = np.abs(position - np.rint(position / pitch) * pitch).astype(np.float32)
    return offset


def _coverage(distance: Distance, height: int) -> Floats:
    """Share of a pixel that lies where ``distance`` is negative; a pixel is 1 / height across."""
    covered: Floats = np.clip(0.5 - distance * height, 0, 1).astype(np.float32)
    return covered
