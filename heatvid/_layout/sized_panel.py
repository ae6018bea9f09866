"""A panel that has a size: its tile, what is drawn at its sides, and what its colourbar tells."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from heatvid._canvas import Box, Canvas
from heatvid._layout.arrange import Around, Room
from heatvid._layout.cell import Cell
from heatvid._plan.frame import Tile
from heatvid._plan.tile import TilePlan


@dataclass(frozen=True, eq=False)
class SizedPanel:
    """A cell with its size.

    Attributes
    ----------
    cell : Cell
    canvas : Canvas
    plan : TilePlan or None
        How its field is shown; None for pictures as they are.
    around : Around
        What is drawn at its sides.
    """

    cell: Cell
    canvas: Canvas
    plan: TilePlan | None
    around: Around

    @property
    def room(self) -> Room:
        """What it takes."""
        canvas = self.canvas
        return Room(canvas.content_height, canvas.content_width, self.around.margins)

    @property
    def scale(self) -> Hashable | None:
        """Equal for panels that one colourbar tells of; None where there is nothing to tell."""
        if self.plan is None or self.plan.field.kind != "scalar":
            return None
        field = self.plan.field
        moving = self.cell.moves_with if field.limits is None else None
        return field.limits, field.norm, field.colors.rgb.tobytes(), moving

    def tile(self, box: Box) -> Tile:
        """Its content, in a box."""
        box = Box(box.top, box.left, self.canvas.height, self.canvas.width)
        under = self.cell.under(self.canvas) if self.plan is None else None
        return Tile(box, self.canvas, self.plan, self.cell.feed, self.cell.channel, under)
