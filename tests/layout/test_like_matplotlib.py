"""A colourbar as it is drawn lies as matplotlib draws it: ticks within a pixel, the same texts."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib import colors
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar as TheirColorbar
from matplotlib.figure import Figure

from heatvid._canvas import Box, Canvas
from heatvid._layout.colorbar import Colorbar
from heatvid._layout.fonts import open_font
from heatvid._layout.matplotlib_ticks import label_of
from heatvid._layout.sides import Side, Strip
from heatvid._layout.template import Template
from heatvid._options.options import make_options
from heatvid._plan.make import make_plan
from heatvid._values.limits import Limits

FONT = open_font(None, 12)
LENGTH, ROOM = 300, 400
OLDER = tuple(map(int, matplotlib.__version__.split(".")[:2])) < (3, 11)
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def our_bar(side: Side, low: float, high: float, options: dict[str, Any]) -> Colorbar:
    plan = make_plan(
        make_options(options), canvas=Canvas("rgb24", 100, 100), field_size=(100, 100),
        field_dtype=np.dtype(np.float32), limits=Limits(low, high), background=None, complete=True,
    )  # fmt: skip
    return Colorbar(plan, side, LENGTH, FONT, WHITE)


def our_marks(bar: Colorbar) -> list[float]:
    """Middles of the lines of major ticks, from the bar's low end, in pixels."""
    m = bar.measures
    template = Template.filled(Canvas("rgb24", ROOM, ROOM), BLACK)
    bar.draw(template, 40, 40)
    strip = Strip(bar.side, Box(40, 40, *bar.size))
    tip = m.first_across + m.thickness + m.line + max(2, FONT.size // 4) - 1
    box = strip.part(m.ends[0] - 1, tip, m.ramp_length + 2, 1)
    drawn = template.canvas.planes[0].of(template.frame)
    line = drawn[box.top : box.bottom, box.left : box.right, 0].ravel()
    return runs((line[::-1] if strip.upright else line) > 127)


def their_bar(side: Side, length: int, norm: Any) -> tuple[Any, list[float]]:
    """A colourbar of matplotlib as long, and the middles of its lines of ticks."""
    across = (20 / ROOM, 10 / ROOM)
    along = (40 / ROOM, length / ROOM)
    upright = side in ("right", "left")
    (left, width), (bottom, height) = (across, along) if upright else (along, across)
    figure = Figure(figsize=(ROOM / 72, ROOM / 72), dpi=72)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((left, bottom, width, height))
    axes.tick_params(which="major", labelsize=FONT.size, length=8, width=1)
    axes.tick_params(which="minor", length=3, width=1)
    way: Any = "vertical" if upright else "horizontal"
    bar = TheirColorbar(axes, mappable=ScalarMappable(norm, "gray"), orientation=way)
    canvas.draw()
    dark = np.asarray(canvas.buffer_rgba())[..., 0] < 160
    strip = dark[:, 20 + 10 + 6][::-1] if upright else dark[-(20 - 6) - 1]
    return bar, runs(strip[39 : 40 + length + 1])


def runs(line: Any) -> list[float]:
    """Middles of the runs of a line that is longer by a pixel at either end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], line, [False]]).astype(int)))
    return ((edges[::2] + edges[1::2]) / 2 - 1).tolist()


@pytest.mark.parametrize("side", ["right", "bottom"])
@pytest.mark.parametrize(
    ("low", "high", "options", "norm"),
    [
        (0.0, 1.0, {}, colors.Normalize(0, 1)),
        (-3.7, 12.2, {}, colors.Normalize(-3.7, 12.2)),
        pytest.param(
            2.0, 7000.0, {"norm": "log"}, colors.LogNorm(2, 7000),
            marks=pytest.mark.skipif(OLDER, reason="matplotlib chose other decades before 3.11"),
        ),
        (-900.0, 900.0, {"norm": "symlog", "linthresh": 1.0},
         colors.SymLogNorm(1, vmin=-900, vmax=900, base=10)),
        (1.0, 90.0, {"norm": "power", "gamma": 0.5}, colors.PowerNorm(0.5, 1, 90)),
        (-4.0, 4.0, {"norm": "centered"}, colors.CenteredNorm(0, 4)),
        (1e6, 1e6 + 20, {}, colors.Normalize(1e6, 1e6 + 20)),
    ],
)  # fmt: skip
def test_ticks_are_drawn_where_matplotlib_draws_them(
    side: Side, low: float, high: float, options: dict[str, Any], norm: Any
) -> None:
    bar = our_bar(side, low, high, options)
    theirs, wanted = their_bar(side, bar.measures.ramp_length, norm)
    marks = our_marks(bar)
    assert len(marks) == len(wanted) >= 2
    assert np.abs(np.array(marks) - wanted).max() <= 1
    axis = theirs.long_axis
    labels = [label_of(tick.label2.get_text() or tick.label1.get_text())
              for tick in axis._update_ticks()]  # fmt: skip
    assert [tick.label for tick in bar.measures.ticks.ticks] == labels
    assert bar.measures.ticks.apart == axis.get_major_formatter().get_offset()
