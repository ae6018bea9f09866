"""Panels become a frame's plan: their sizes, what is drawn beside them, and where all lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from heatvid._canvas import Box, Canvas
from heatvid._errors import OptionError
from heatvid._layout.arrange import Around, Room, arrange
from heatvid._layout.cell import Cell, Size
from heatvid._layout.frame_bars import add_bar, add_bars
from heatvid._layout.frame_labels import Told
from heatvid._layout.frame_pieces import add_frame_pieces
from heatvid._layout.piece import even
from heatvid._layout.pieces import caption
from heatvid._layout.sized_panel import SizedPanel
from heatvid._layout.style import style_for
from heatvid._layout.template import Template
from heatvid._layout.text_box import TextBox
from heatvid._options.options import Options
from heatvid._plan.frame import FramePlan, Tile

_TRIES = 8  # at fitting all into a size that is given
_MOST_PIXELS = 1 << 28  # of a frame, as 16384x16384
_CLOSE = 1.002  # so near to it is near enough

Rows = Sequence[Sequence[Cell | None]]


def compose(options: Options, rows: Rows, pixels: Canvas) -> FramePlan:
    """Decide how a frame is composed.

    Parameters
    ----------
    options : Options
    rows : sequence of sequences of Cell or None
    pixels : Canvas
        Of the pixel format and range that are wanted, of any size.

    Raises
    ------
    OptionError
        What is drawn does not fit into the size that is asked for.
    """
    factor = options.zoom or 1.0
    if options.size is None:
        return _Frame(options, rows, pixels, factor).plan()
    height, width = options.size
    best: _Frame | None = None
    for tried in range(_TRIES):
        try:
            frame = _Frame(options, rows, pixels, factor)
        except OptionError:  # panels as they come may have no room for what is drawn at them
            if tried or (factor := _filling(options.size, rows)) <= 1:
                raise
            frame = _Frame(options, rows, pixels, factor)
        fits = frame.height <= height and frame.width <= width
        if fits and (best is None or frame.factor > best.factor):
            best = frame
        better = frame.factor_for(height, width)
        if not better or (fits and better <= factor * _CLOSE):
            break
        factor = better / _CLOSE if tried and better > factor else better
    if best is not None:
        return best.plan((height, width))
    raise OptionError(
        f"size: got {width}x{height}, too small for what is drawn beside the panels; allowed are "
        "more pixels, a smaller text_size, or less of it"
    )


def _filling(size: Size, rows: Rows) -> float:
    """How far panels would be enlarged if nothing were drawn beside them."""
    side = max(cell.size[0] for row in rows for cell in row if cell)
    wide = max(sum(side * cell.size[1] / cell.size[0] for cell in row if cell) for row in rows)
    return min(size[0] / (side * len(rows)), size[1] / wide)


class _Frame:
    """A frame whose panels have a size: all that is drawn, and where.

    Attributes
    ----------
    factor : float
        By which panels are enlarged.
    height, width : int
        Of all.
    """

    def __init__(self, options: Options, rows: Rows, pixels: Canvas, factor: float) -> None:
        self._options, self._pixels, self.factor = options, pixels, factor
        cells = [cell for row in rows for cell in row if cell is not None]
        self._side = factor * max(cell.size[0] for cell in cells)
        self._style = style_for(options, max(1, round(self._side)))
        self._rows = [[None if c is None else self._panel(c) for c in row] for row in rows]
        self._around = Around(self._style.pad)
        shared = None if options.colorbar is None else add_bars(options, self._style, self._rows)
        rooms = [[None if p is None else p.room for p in row] for row in self._rows]
        self._inner = arrange(rooms, options.gap)
        size = self._inner.height, self._inner.width
        if shared is not None:
            add_bar(options, self._style, self._around, shared, size)
        add_frame_pieces(options, self._style, self._around, self._panels, size)
        whole = Room(self._inner.height, self._inner.width, self._around.margins)
        self._outer = arrange([[whole]], 0)
        self.height, self.width = self._outer.height, self._outer.width

    @property
    def _panels(self) -> list[SizedPanel]:
        return [panel for row in self._rows for panel in row if panel is not None]

    def _panel(self, cell: Cell) -> SizedPanel:
        height, width = cell.size
        factor = self._side / height
        if (most := self._options.panel_size) is not None:
            factor = min(most[0] / height, most[1] / width) * self.factor
        canvas = replace(
            self._pixels,
            content_height=max(1, round(height * factor)),
            content_width=max(1, round(width * factor)),
        )
        around = Around(self._style.pad)
        plan = None if cell.plan is None else cell.plan(canvas)
        if cell.caption:
            style, room = self._style, even(canvas.content_width)
            around.add("top", caption(style, cell.caption, room, style.font, "captions"), cell)
        return SizedPanel(cell, canvas, plan, around)

    def factor_for(self, height: int, width: int) -> float:
        """How far panels are to be enlarged for all to fit into a size, by what lies around now."""
        columns = zip_longest(*self._rows)
        high = sum(max(p.room.height for p in row if p) for row in self._rows if any(row))
        wide = sum(max(p.room.width for p in column if p) for column in columns if any(column))
        least = min(
            (height - self.height + high) / high,
            (width - self.width + wide) / wide,
        )
        return self.factor * max(least, 0.0)

    def plan(self, size: Size | None = None) -> FramePlan:
        """Decide where all lies, in the middle of a size, and draw what never changes."""
        height, width = size or (self.height, self.width)
        if height * width > _MOST_PIXELS:
            raise OptionError(
                f"frame: is {width}x{height}; allowed are {_MOST_PIXELS} pixels (less of zoom=, "
                "size= or panel_size=)"
            )
        canvas = replace(self._pixels, content_height=height, content_width=width)
        template = Template.filled(canvas, self._style.around)
        down, right = ((all_ - own) // 4 * 2 for all_, own in
                       ((height, self.height), (width, self.width)))  # fmt: skip
        whole = self._outer.boxes[0][0]
        assert whole is not None
        whole = whole.moved(down, right)
        tiles: list[Tile] = []
        moving: list[tuple[Told, int]] = []
        for row, boxes in zip(self._rows, self._inner.boxes, strict=True):
            for panel, box in zip(row, boxes, strict=True):
                if panel is not None and box is not None:
                    box = box.moved(whole.top, whole.left)
                    tiles.append(panel.tile(box))
                    moving += _drawn(panel.around, box, template)
        moving += _drawn(self._around, whole, template)
        batch_size = min(tile.plan.batch_size for tile in tiles if tile.plan is not None)
        return FramePlan(canvas, tuple(tiles), template.frame, tuple(moving), batch_size)


def _drawn(around: Around, box: Box, template: Template) -> list[tuple[Told, int]]:
    """Draw what lies around a box; give what is drawn into every frame, and of which feed."""
    return [
        (Told(moving, cell.labels, needs_values, cell.channel), cell.feed)
        for piece, cell, top, left in around.placed(box)
        for needs_values in [isinstance(piece, TextBox) and piece.text.needs_values]
        for moving in piece.draw(template, top, left)
    ]
