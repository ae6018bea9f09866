"""The bar that suits a tile: of values with ticks, or of labels with names."""

from __future__ import annotations

from collections.abc import Mapping

from heatvid._color.ink import Rgb
from heatvid._layout.colorbar import Colorbar
from heatvid._layout.fonts import Font
from heatvid._layout.label_bar import LabelBar
from heatvid._layout.sides import Side
from heatvid._plan.tile import TilePlan

UNNAMED = 10  # labels of a bar that has no names of them, from 0 on


def bar_of(
    plan: TilePlan,
    side: Side,
    length: int,
    font: Font,
    rgb: Rgb,
    label: str = "",
    names: Mapping[int, str] | None = None,
) -> Colorbar | LabelBar:
    """Make the bar of a tile.

    Parameters
    ----------
    plan : TilePlan
    side : {"right", "left", "bottom", "top"}
        Of the tile.
    length : int
        Of the side, even.
    font : Font
    rgb : (int, int, int)
        Of texts and lines.
    label : str
        The quantity, of a bar of values.
    names : mapping of int to str, optional
        Of labels; by default those with colours that were chosen, or the first of the palette,
        have their numbers.

    Raises
    ------
    OptionError
        The tile's colours stand for several values, or there are more labels than places.
    """
    palette = plan.field.palette
    if plan.field.norm.kind != "labels" or palette is None:
        return Colorbar(plan, side, length, font, rgb, label)
    if not names:
        chosen = palette.named if palette.named > 1 else min(UNNAMED, palette.base)
        names = dict.fromkeys(range(-palette.negative, chosen), "")
    return LabelBar(plan, side, length, names, font, rgb)
