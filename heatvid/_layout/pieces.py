"""The pieces that options ask for beside a panel: its caption, bar, legend and scale bar."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from heatvid._errors import OptionError, brief
from heatvid._layout.bars import bar_of
from heatvid._layout.caption import Caption
from heatvid._layout.cell import Size
from heatvid._layout.fonts import Font
from heatvid._layout.legend import Legend
from heatvid._layout.over import Over
from heatvid._layout.piece import Piece, even
from heatvid._layout.scale_bar import ScaleBar, spacing
from heatvid._layout.style import Style
from heatvid._layout.texts import plain
from heatvid._options.options import Options
from heatvid._plan.tile import TilePlan
from heatvid.sources._about import About
from heatvid.sources._label_names import names_of

INSIDE = 0.6  # of a panel's height, that a colourbar over it takes


def caption(style: Style, words: str, width: int, font: Font, option: str) -> Caption:
    """A text that never changes, in a room so wide.

    Raises
    ------
    OptionError
        The font cannot draw it; the message begins with the option.
    """
    font.demand(words, option)
    return Caption(plain(words), font, width, style.rgb)


def colorbar(options: Options, style: Style, plan: TilePlan, about: About, size: Size) -> Piece:
    """The colourbar of a panel, as long as a side of what has a height and a width."""
    inside = options.colorbar == "inside"
    side: Any = "right" if inside else options.colorbar
    length = even(size[1] if side in ("top", "bottom") else size[0] * (INSIDE if inside else 1))
    label = about.title if options.label is None else options.label
    names = label_names(options, about)
    bar = bar_of(plan, side, length, style.font, style.rgb, label, names)
    return _inside(style, bar, size, "colorbar") if inside else bar


def legend(options: Options, style: Style, plan: TilePlan, about: About, size: Size) -> Piece:
    """The colours of labels with their names, beside what has a height and a width."""
    names = label_names(options, about)
    inside = options.legend == "inside"
    height, width = size
    if inside:
        height, width = (max(0, side - 2 * _margin(style)) for side in size)
    bounds = (1, height) if options.legend in ("right", "left", "inside") else ()
    made = Legend(plan, names, style.font, style.rgb, width, *bounds)
    return _inside(style, made, size, "legend") if inside else made


def scale_bar(options: Options, style: Style, plan: TilePlan, about: About) -> Piece:
    """A bar of a length, over the panel that a field is shown in.

    Raises
    ------
    OptionError
        It is not known how large a pixel is.
    """
    pixel_size = options.pixel_size or spacing(about.columns)
    if pixel_size is None:
        raise OptionError(
            f"scale_bar: got {brief(options.scale_bar)}, but the dump says nothing of the size of "
            "its pixels; allowed is that with pixel_size= (--pixel-size)"
        )
    length = None if options.scale_bar == "auto" else options.scale_bar
    columns = plan.canvas.content_width
    bar = ScaleBar(
        length, pixel_size, options.unit or "", columns / plan.field.width, style.font, style.rgb,
        columns - 4 * style.pad,
    )  # fmt: skip
    return over(style, bar)


def over(style: Style, piece: Piece) -> Over:
    """A piece over a panel, with what makes it legible there."""
    return Over(piece, style.shade, _margin(style))


def _margin(style: Style) -> int:
    return style.pad if style.shade else 0


def _inside(style: Style, piece: Piece, size: Size, option: str) -> Over:
    """A piece that lies wholly over what has a height and a width.

    Raises
    ------
    OptionError
        It is larger.
    """
    made = over(style, piece)
    if made.size[0] > size[0] or made.size[1] > size[1]:
        needed, given = (f"{width}x{height}" for height, width in (made.size, size))
        raise OptionError(
            f"{option}: {needed} pixels do not lie inside {given}; allowed are larger panels "
            f"(zoom=), smaller letters than of {style.font.size} pixels, or a side"
        )
    return made


def label_names(options: Options, about: About) -> Mapping[int, str]:
    """Names of labels: those that are given, else the dump's own.

    Raises
    ------
    SourceError, OptionError
        The file that is given cannot be read, or what is given are no names.
    """
    given: Any = options.label_names
    if isinstance(given, str | bytes | os.PathLike):
        return names_of(os.fsdecode(given))
    if given is None:
        return about.label_names
    try:
        return {int(label): str(name) for label, name in dict(given).items()}
    except (TypeError, ValueError):
        raise OptionError(
            f"label_names: got {brief(given)}; allowed is a dict of names by number, or a file of "
            "lines NUMBER: NAME"
        ) from None
