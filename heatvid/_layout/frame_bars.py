"""The colourbars of a frame: one for all panels of one scale, else one beside each run of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from heatvid._layout.arrange import Around
from heatvid._layout.cell import Size
from heatvid._layout.pieces import colorbar
from heatvid._layout.sized_panel import SizedPanel
from heatvid._layout.style import Style
from heatvid._options.options import Options

PanelRows = Sequence[Sequence[SizedPanel | None]]


def add_bars(options: Options, style: Style, rows: PanelRows) -> SizedPanel | None:
    """Draw colourbars beside panels, each of those that have one scale side by side.

    Returns
    -------
    SizedPanel or None
        Whose bar is to be drawn around all, where all have one scale. That of a single row lies
        at its end, as high as the panels.
    """
    side, panels = options.colorbar, [panel for row in rows for panel in row if panel is not None]
    scaled = [panel for panel in panels if panel.scale is not None]
    if len({panel.scale for panel in scaled}) == 1 and len(panels) > 1 and side != "inside":
        # what lies under colours dims them
        fullest = max(scaled, key=lambda panel: panel.plan.field.alpha if panel.plan else 0)
        if len(rows) > 1 or side in ("top", "bottom"):
            return fullest
        end = panels[-1 if side == "right" else 0]
        add_bar(options, style, end.around, fullest, _size(end))
        return None
    for panel in _at_ends_of_runs(str(side), rows):
        add_bar(options, style, panel.around, panel, _size(panel))
    return None


def _at_ends_of_runs(side: str, rows: PanelRows) -> Iterator[SizedPanel]:
    """Panels with a scale that the one beside them, where the bar would lie, does not have."""
    for row in rows:
        for i, panel in enumerate(row):
            if panel is None or panel.scale is None:
                continue
            beside = {"right": row[i + 1 :][:1], "left": row[:i][-1:]}.get(side, [])
            if not any(other is not None and other.scale == panel.scale for other in beside):
                yield panel


def _size(panel: SizedPanel) -> Size:
    return panel.canvas.height, panel.canvas.width


def add_bar(options: Options, style: Style, around: Around, panel: SizedPanel, size: Size) -> None:
    """Draw the colourbar of a panel around what has a height and a width, as long as its side."""
    assert panel.plan is not None
    side = str(options.colorbar)
    bar = colorbar(options, style, panel.plan, panel.cell.about, size)
    around.add("top-right" if side == "inside" else side, bar, panel.cell)
