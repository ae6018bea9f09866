"""How texts look: fonts in sizes that suit the frame, and their colours."""

from __future__ import annotations

from dataclasses import dataclass

from heatvid._color.colors import parse_color
from heatvid._color.ink import Rgb
from heatvid._layout.fonts import Font, open_font
from heatvid._options.options import Options

_SHARE = 1 / 32  # of a panel's height, that a line of text takes
_LEAST, _MOST = 11, 48  # pixels of that
_TITLE = 1.25  # of the others' size


@dataclass(frozen=True, eq=False)
class Style:
    """How texts look.

    Attributes
    ----------
    font, title : Font
    rgb : (int, int, int)
        Of texts.
    shade : (int, int, int, float) or None
        Of what lies under texts on pictures.
    around : (int, int, int)
        Of all that lies around panels.
    pad : int
        Pixels between a panel and what is drawn beside it, even.
    """

    font: Font
    title: Font
    rgb: Rgb
    shade: tuple[int, int, int, float] | None
    around: Rgb
    pad: int


def style_for(options: Options, panel_height: int) -> Style:
    """Choose what suits panels of a height.

    Raises
    ------
    OptionError
        The font cannot be read, or a colour is none.
    """
    size = options.text_size or min(max(panel_height * _SHARE, _LEAST), _MOST)
    font = open_font(options.font, round(size))
    red, green, blue, alpha = parse_color(options.text_box, "text_box")
    return Style(
        font=font,
        title=font.at(round(size * _TITLE)),
        rgb=parse_color(options.text_color, "text_color")[:3],
        shade=(red, green, blue, alpha) if alpha else None,
        around=parse_color(options.gap_color, "gap_color")[:3],
        pad=max(4, round(size / 2) // 2 * 2),
    )
