"""Panels become a frame's plan: their sizes, what is drawn beside them, and where all lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from heatvid._canvas import Box, Canvas
from heatvid._errors import OptionError
from heatvid._layout.arrange import Around, Room, arrange
from heatvid._layout.caption import Caption
from heatvid._layout.fonts import Font
from heatvid._layout.frame_labels import FrameLabels, Told
from heatvid._layout.piece import even
from heatvid._layout.pieces import colorbar, legend, scale_bar
from heatvid._layout.style import style_for
from heatvid._layout.template import Template
from heatvid._layout.text_box import TextBox
from heatvid._layout.texts import parse_text, plain
from heatvid._options.options import Options
from heatvid._plan.frame import FramePlan, Tile
from heatvid._plan.tile import TilePlan
from heatvid.sources._about import About

Size = tuple[int, int]
_TRIES = 8  # at fitting all into a size that is given
_MOST_PIXELS = 1 << 28  # of a frame, as 16384x16384
_CLOSE = 1.002  # so near to it is near enough


@dataclass(frozen=True, eq=False)
class Cell:
    """A panel whose size is to be found.

    Attributes
    ----------
    feed : int
        What brings its field and its background.
    size : (int, int)
        Height and width of its content, as it comes.
    plan : callable or None
        Of a canvas: how its field is shown there; None for pictures as they are.
    under : callable
        Of a canvas: as what the feed's pictures come for it.
    caption : str
    channel : int or None
        The one that is shown, of several.
    about : About
        Of the field.
    labels : FrameLabels
        What its frames are.
    """

    feed: int
    size: Size
    plan: Callable[[Canvas], TilePlan] | None
    under: Callable[[Canvas], Canvas]
    labels: FrameLabels
    caption: str = ""
    channel: int | None = None
    about: About = field(default_factory=About)


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


@dataclass(eq=False)
class _Panel:
    """A cell with its size, and what is drawn at its sides."""

    cell: Cell
    canvas: Canvas
    plan: TilePlan | None
    around: Around

    @property
    def room(self) -> Room:
        """What it takes."""
        canvas = self.canvas
        return Room(canvas.content_height, canvas.content_width, self.around.margins)

    def tile(self, box: Box) -> Tile:
        """Its content, in a box."""
        box = Box(box.top, box.left, self.canvas.height, self.canvas.width)
        under = self.cell.under(self.canvas) if self.plan is None else None
        return Tile(box, self.canvas, self.plan, self.cell.feed, self.cell.channel, under)


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
        shared = self._options.colorbar is not None and self._add_bars()
        rooms = [[None if p is None else p.room for p in row] for row in self._rows]
        self._inner = arrange(rooms, options.gap)
        if shared:
            self._add_bar(self._around, self._panels, self._inner.height, self._inner.width)
        self._add_frame_pieces()
        whole = Room(self._inner.height, self._inner.width, self._around.margins)
        self._outer = arrange([[whole]], 0)
        self.height, self.width = self._outer.height, self._outer.width

    @property
    def _panels(self) -> list[_Panel]:
        return [panel for row in self._rows for panel in row if panel is not None]

    def _panel(self, cell: Cell) -> _Panel:
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
        panel = _Panel(cell, canvas, plan, around)
        if cell.caption:
            caption = self._caption(
                cell.caption, even(canvas.content_width), self._style.font, "captions"
            )
            around.add("top", caption)
        return panel

    def _caption(self, words: str, width: int, font: Font, option: str) -> Caption:
        font.demand(words, option)
        return Caption(plain(words), font, width, self._style.rgb)

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

    # --- what is drawn beside panels --------------------------------------------------------------

    def _add_bars(self) -> bool:
        """Draw a colourbar beside each run of panels of one scale; or tell that one is for all.

        That of a single row lies at its end, as high as the panels.
        """
        side = self._options.colorbar
        scales = {self._scale(panel) for panel in self._panels} - {None}
        if len(scales) == 1 and len(self._panels) > 1 and side != "inside":
            if len(self._rows) > 1 or side in ("top", "bottom"):
                return True
            end = self._panels[-1 if side == "right" else 0]
            self._add_bar(end.around, self._panels, end.canvas.height, end.canvas.width)
            return False
        for row in self._rows:
            for i, panel in enumerate(row):
                if panel is None or (scale := self._scale(panel)) is None:
                    continue
                beside = {"right": row[i + 1 :][:1], "left": row[:i][-1:]}.get(str(side), [])
                if not any(other is not None and self._scale(other) == scale for other in beside):
                    canvas = panel.canvas
                    self._add_bar(panel.around, [panel], canvas.height, canvas.width)
        return False

    def _scale(self, panel: _Panel | None) -> tuple[object, ...] | None:
        """What panels have in common that one colourbar tells; None where there is nothing."""
        if panel is None or panel.plan is None or panel.plan.field.kind != "scalar":
            return None
        field, cell = panel.plan.field, panel.cell
        own = cell.channel if self._options.own_limits else None
        moving = (cell.feed, own) if field.limits is None else None
        return field.limits, field.norm, field.colors.rgb.tobytes(), moving

    def _add_bar(self, around: Around, panels: Sequence[_Panel], height: int, width: int) -> None:
        """Draw the colourbar of panels, as long as what it lies at: that of the fullest colours."""
        side = str(self._options.colorbar)
        shown = [panel for panel in panels if panel.plan is not None]
        panel = max(shown, key=lambda own: own.plan.field.alpha if own.plan else 0)
        assert panel.plan is not None
        length = even(width if side in ("top", "bottom") else height)
        bar = colorbar(self._options, self._style, panel.plan, panel.cell.about, length)
        around.add("top-right" if side == "inside" else side, bar)

    def _add_frame_pieces(self) -> None:
        """Draw what belongs to the whole frame: the legend, the title, and texts over it."""
        options, style = self._options, self._style
        panel = next(panel for panel in self._panels if panel.plan is not None)
        plan, about = panel.plan, panel.cell.about
        assert plan is not None
        if options.legend is not None:
            place = "top-left" if options.legend == "inside" else options.legend
            width = self._inner.width
            self._around.add(place, legend(options, style, plan, about, width))
        if options.title:
            title = self._caption(options.title, self._inner.width, style.title, "title")
            self._around.add("top", title)
        if options.scale_bar is not None:
            panel.around.add("bottom-right", scale_bar(options, style, plan, about))
        if options.text:
            place = options.text_place  # over the panels: a side alone is the middle of it
            self._around.add(place if "-" in place else f"{place}-middle", self._text(panel.cell))

    def _text(self, cell: Cell) -> TextBox:
        """What is drawn on every frame."""
        style, labels = self._style, cell.labels
        text = parse_text(str(self._options.text), dated=labels.dated, name=labels.name)
        text.demand(style.font, labels.extent, "text")
        return TextBox(
            text, style.font, style.rgb, style.shade, extent=labels.extent, most=self._inner.width
        )

    # --- the plan ---------------------------------------------------------------------------------

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
                    moving += _drawn(panel.around, box, template, panel.cell)
        main = next(panel.cell for panel in self._panels if panel.plan is not None)
        moving += _drawn(self._around, whole, template, main)
        batch_size = min(tile.plan.batch_size for tile in tiles if tile.plan is not None)
        return FramePlan(canvas, tuple(tiles), template.frame, tuple(moving), batch_size)


def _drawn(around: Around, box: Box, template: Template, cell: Cell) -> list[tuple[Told, int]]:
    """Draw what lies around a box; give what is drawn into every frame, and of which feed."""
    return [
        (Told(moving, cell.labels, needs_values, cell.channel), cell.feed)
        for piece, top, left in around.placed(box)
        for needs_values in [isinstance(piece, TextBox) and piece.text.needs_values]
        for moving in piece.draw(template, top, left)
    ]
