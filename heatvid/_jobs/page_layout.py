"""Where a page shows what: the tiles of its picture, as a composed video has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from heatvid._canvas import Box, Canvas
from heatvid._color.colors import parse_color
from heatvid._jobs.composed import Shown
from heatvid._jobs.page_fields import PageField, Places
from heatvid._layout.cell import Cell
from heatvid._layout.composition import compose
from heatvid._layout.frame_labels import FrameLabels
from heatvid._layout.piece import even
from heatvid._options.options import Options
from heatvid._options.place import place_in
from heatvid._values.sampling import place

_ANY = "x"  # a caption of one line, as a title in a page is


@dataclass(frozen=True)
class PageTile:
    """A tile.

    Attributes
    ----------
    box : Box
        Where it lies in the picture.
    field : int
        Which one it shows, or what lies under that.
    shows : {"background", "heat", "overlay"}
    title : str
    room : int
        Rows above it that are free for that.
    """

    box: Box
    field: int
    shows: str
    title: str = ""
    room: int = 0


@dataclass(frozen=True)
class PageLayout:
    """All tiles.

    Attributes
    ----------
    size : (int, int)
        Height and width of the picture.
    color : (int, int, int)
        Of all around tiles.
    tiles : list of PageTile
    """

    size: tuple[int, int]
    color: tuple[int, int, int]
    tiles: list[PageTile]

    def pictures_of(self, number: int, field: PageField) -> tuple[int, int] | None:
        """Height and width in which what lies under a field is shown; None where it is not."""
        shown = (t for t in self.tiles if t.field == number and _has_pictures(t, field))
        return next(((t.box.height, t.box.width) for t in shown), None)

    def told(self, fields: Sequence[PageField], pictures: Sequence[int | None]) -> dict[str, Any]:
        """All that the page is told of it; ``pictures`` number those under each field."""
        height, width = self.size
        tiles = [_told(t, fields[t.field], pictures[t.field]) for t in self.tiles]
        return {"height": height, "width": width, "color": list(self.color), "tiles": tiles}


def layout_of_one(field: PageField) -> PageLayout:
    """A field that fills the picture."""
    box = Box(0, 0, *field.under.size)
    shows = "overlay" if field.kind == "frames" else "heat"
    return PageLayout(field.under.size, (0, 0, 0), [PageTile(box, 0, shows)])


def layout_of(options: Options, fields: Sequence[PageField], places: Places) -> PageLayout:
    """Panels in their places."""
    rows = [[None if each is None else _cell(each, fields[each.feed]) for each in row]
            for row in places]  # fmt: skip
    plan = compose(replace(options, title=None), rows, Canvas("rgb24", 2, 2))
    shown = [shown for row in places for shown in row if shown is not None]
    boxes = [
        Box(tile.box.top, tile.box.left, tile.canvas.content_height, tile.canvas.content_width)
        for tile in plan.tiles
    ]
    tiles = [
        PageTile(box, own.feed, own.shows, own.caption, _room_over(box, boxes, options.gap))
        for box, own in zip(boxes, shown, strict=True)
    ]
    size = plan.canvas.content_height, plan.canvas.content_width
    return PageLayout(size, parse_color(options.gap_color, "gap_color")[:3], tiles)


def _room_over(box: Box, boxes: Sequence[Box], gap: int) -> int:
    """Rows between a tile and those of the row above, without the gap."""
    above = [even(other.bottom) + even(gap) for other in boxes if other.bottom <= box.top]
    return box.top - max(above, default=0)


def _cell(shown: Shown, field: PageField) -> Cell:
    """What has its size, whatever it shows."""
    feed = field.feed
    labels = FrameLabels(feed.clock, feed.about.times, feed.about.labels, feed.name, None)
    plan = partial(feed.tile_plan, limits=field.limits)
    caption = _ANY if shown.caption else ""
    return Cell(shown.feed, field.under.size, plan, lambda canvas: canvas, labels, caption)


def _has_pictures(tile: PageTile, field: PageField) -> bool:
    return tile.shows != "heat" and field.kind == "frames"


def _told(tile: PageTile, field: PageField, pictures: int | None) -> dict[str, Any]:
    """A tile: where its field lies in it, which part of it, and what is under that."""
    options, box = field.options, tile.box
    over = _has_pictures(tile, field)
    alone = field.kind == "frames" and not over
    top, left, within = 0, 0, (box.height, box.width)
    if options.place is not None and not alone:
        top, left, *inside = place_in(options.place, within)
        within = (inside[0], inside[1])
    fit: Any = options.fit
    rows, columns = place(field.feed.size, within, fit, (top, left))
    color: Any = options.background if field.kind == "color" else "black"
    opacity = {"background": 0, "heat": 1 if alone else None}
    return {
        "field": tile.field,
        "title": tile.title,
        "room": tile.room,
        "opacity": opacity.get(tile.shows),
        "under": pictures if over else None,
        "color": list(parse_color(color, "background")[:3]),
        "area": {"top": box.top, "left": box.left, "height": box.height, "width": box.width},
        "box": {
            "top": rows.covered[0], "height": rows.covered[1] - rows.covered[0],
            "left": columns.covered[0], "width": columns.covered[1] - columns.covered[0],
        },
        "part": {
            "top": float(rows.window[0]), "height": float(rows.window[1]),
            "left": float(columns.window[0]), "width": float(columns.window[1]),
        },
    }  # fmt: skip
