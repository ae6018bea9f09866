"""What belongs to the whole frame beside its colourbar: legend, title, scale bar and text."""

from __future__ import annotations

from collections.abc import Sequence

from heatvid._layout.arrange import Around
from heatvid._layout.cell import Cell, Size
from heatvid._layout.pieces import caption, legend, scale_bar
from heatvid._layout.sized_panel import SizedPanel
from heatvid._layout.style import Style
from heatvid._layout.text_box import TextBox
from heatvid._layout.texts import parse_text
from heatvid._options.options import Options


def add_frame_pieces(
    options: Options, style: Style, around: Around, panels: Sequence[SizedPanel], size: Size
) -> None:
    """Draw what options ask for around all panels; the first field tells it.

    Parameters
    ----------
    size : (int, int)
        Height and width of the panels together.
    """
    width = size[1]
    panel = next(panel for panel in panels if panel.plan is not None)
    plan, cell = panel.plan, panel.cell
    assert plan is not None
    if options.legend is not None:
        place = "top-left" if options.legend == "inside" else options.legend
        around.add(place, legend(options, style, plan, cell.about, size), cell)
    if options.title:
        around.add("top", caption(style, options.title, width, style.title, "title"), cell)
    if options.scale_bar is not None:
        panel.around.add("bottom-right", scale_bar(options, style, plan, cell.about), cell)
    if options.text:
        place = options.text_place  # over the panels: a side alone is the middle of it
        place = place if "-" in place else f"{place}-middle"
        around.add(place, _text(options, style, cell, width), cell)


def _text(options: Options, style: Style, cell: Cell, width: int) -> TextBox:
    """What is drawn on every frame."""
    labels = cell.labels
    text = parse_text(str(options.text), dated=labels.dated, name=labels.name)
    text.demand(style.font, labels.extent, "text")
    return TextBox(text, style.font, style.rgb, style.shade, extent=labels.extent, most=width)
