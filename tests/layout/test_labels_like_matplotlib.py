"""Legends and scale bars as they are drawn lie as matplotlib draws them, with the same texts.

What is heatvid's own on purpose, and therefore given to matplotlib here: how large a swatch is, and
how far apart rows and columns lie, all even so that swatches begin on whole samples of chroma; that
labels are ordered by their numbers; and which round length a scale bar has by itself, for which
matplotlib has no rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Patch
from mpl_toolkits.axes_grid1.anchored_artists import AnchoredSizeBar
from numpy.typing import NDArray

import heatvid
from heatvid._canvas import Canvas
from heatvid._layout.fonts import open_font
from heatvid._layout.legend import Legend
from heatvid._layout.template import Template
from heatvid._options.options import make_options
from heatvid._plan.make import make_plan
from heatvid._values.limits import Limits

SIZE = 12  # of letters, in pixels
FONT = open_font(None, SIZE)
APART = 1 / 4  # of that, between a swatch and its label
ROOM = 400
TOP, LEFT = 20, 30
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
NAMES = {0: "road", 1: "pavement", 3: "a red car", 7: "person", 12: "sky", 20: "bicycle", 31: "dog"}
COLORS = dict(
    zip(NAMES, ("red", "lime", "blue", "yellow", "cyan", "magenta", "orange"), strict=True)
)


def bytes_of(color: Any) -> tuple[int, ...]:
    """As heatvid cuts a colour of 0..1 to bytes."""
    return tuple(min(255, int(part * 256)) for part in to_rgb(color))


def figure_of(height: int, width: int) -> tuple[Figure, FigureCanvasAgg]:
    """A figure whose points are pixels, black."""
    figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor="black")
    return figure, FigureCanvasAgg(figure)


# --- legends --------------------------------------------------------------------------------------


def our_legend(count: int, columns: int) -> NDArray[np.uint8]:
    """A legend of the first labels on black."""
    plan = make_plan(
        make_options({"norm": "labels", "label_colors": COLORS}),
        canvas=Canvas("rgb24", 60, 80), field_size=(60, 80), field_dtype=np.dtype(np.int16),
        limits=Limits(0, 0), background=None,
    )  # fmt: skip
    names = dict(list(NAMES.items())[:count])
    legend = Legend(plan, names, FONT, WHITE, ROOM - LEFT, columns)
    template = Template.filled(Canvas("rgb24", ROOM, ROOM), BLACK)
    legend.draw(template, TOP, LEFT)
    return template.canvas.planes[0].of(template.frame)


def their_legend(count: int, columns: int, **measures: float) -> Any:
    """Matplotlib's legend of the same."""
    figure, canvas = figure_of(ROOM, ROOM)
    axes = figure.add_axes((0, 0, 1, 1))
    handles = [Patch(color=COLORS[label], label=NAMES[label]) for label in list(NAMES)[:count]]
    legend = axes.legend(
        handles=handles, ncols=columns, fontsize=SIZE, loc="upper left", handlelength=1,
        handleheight=1, **measures,
    )  # fmt: skip
    canvas.draw()
    return legend


def our_swatches(pixels: NDArray[np.uint8], count: int) -> NDArray[np.float64]:
    """Middle, row and column, of each label's swatch."""
    found = [
        np.argwhere((pixels == bytes_of(COLORS[label])).all(2)) for label in list(NAMES)[:count]
    ]
    return np.array([(places.min(0) + places.max(0) + 1) / 2 for places in found])


def their_swatches(legend: Any) -> NDArray[np.float64]:
    """The same of matplotlib's, rows from the top."""
    boxes = [patch.get_window_extent() for patch in legend.get_patches()]
    return np.array([(ROOM - (box.y0 + box.y1) / 2, (box.x0 + box.x1) / 2) for box in boxes])


def baselines(legend: Any) -> NDArray[np.float64]:
    """Row and first column of each text of matplotlib's."""
    places = [text.get_transform().transform(text.get_position()) for text in legend.get_texts()]
    return np.array([(ROOM - y, x) for x, y in places])


@pytest.mark.parametrize(("count", "columns"), [(3, 1), (7, 1), (4, 2), (7, 2), (6, 3), (7, 4)])
def test_labels_have_matplotlibs_colors_and_stand_column_by_column(
    count: int, columns: int
) -> None:
    pixels = our_legend(count, columns)
    theirs = their_legend(count, columns)
    colors = [bytes_of(patch.get_facecolor()[:3]) for patch in theirs.get_patches()]
    shown = np.unique(pixels.reshape(-1, 3), axis=0).tolist()
    assert all(list(color) in shown for color in colors)

    def grid(swatches: NDArray[np.float64]) -> list[list[int]]:
        """How many rows down, and whether in another column, each label stands."""
        down = np.unique(np.round(swatches[:, 0]), return_inverse=True)[1]
        beside = np.diff(np.round(swatches[:, 1]), prepend=0) > 0
        return [down.tolist(), beside.tolist()]

    assert grid(our_swatches(pixels, count)) == grid(their_swatches(theirs))


@pytest.mark.parametrize("count", [2, 5, 7])
def test_swatches_and_texts_lie_where_matplotlib_puts_them_in_such_rows(count: int) -> None:
    pixels = our_legend(count, 1)
    ours = our_swatches(pixels, count)
    pitch = ours[1, 0] - ours[0, 0]
    dense = np.diff(their_swatches(their_legend(count, 1, labelspacing=0))[:, 0])[0]
    theirs = their_legend(count, 1, labelspacing=(pitch - dense) / SIZE, handletextpad=APART)
    wanted = their_swatches(theirs)
    moved = ours[0] - wanted[0]  # to where the legend begins
    assert np.abs(ours - (wanted + moved)).max() <= 1
    for text, (row, column) in zip(theirs.get_texts(), baselines(theirs) + moved, strict=True):
        coverage = FONT.coverage(text.get_text())
        top, left = place_of(pixels, coverage, round(row) - FONT.ascent, round(column))
        assert abs(top + FONT.ascent - row) <= 1
        assert abs(left - column) <= 1


def place_of(
    pixels: NDArray[np.uint8], coverage: NDArray[np.uint8], top: int, left: int
) -> tuple[int, int]:
    """Where a text is drawn, within some pixels of a place."""
    height, width = coverage.shape
    for row in range(top - 4, top + 5):
        for column in range(left - 4, left + 5):
            if np.array_equal(pixels[row : row + height, column : column + width, 0], coverage):
                return row, column
    raise AssertionError("the text is not drawn near there")


# --- scale bars -----------------------------------------------------------------------------------

HEIGHT, WIDTH = 60, 100  # of the field
THICK, PAD = 4, 6  # rows of the line, pixels from the panel's edges
LOOK: dict[str, Any] = {"cmap": ["black", "black"], "text_size": SIZE, "text_box": "transparent"}


def our_bar(zoom: float, length: float, pixel_size: float, unit: str) -> NDArray[np.uint8]:
    """A scale bar over a field that is black, shape (H, W, 3)."""
    field = np.zeros((HEIGHT, WIDTH), np.float32)
    return heatvid.to_rgb(
        field, scale_bar=length, pixel_size=pixel_size, unit=unit, zoom=zoom, **LOOK
    )


def their_bar(
    zoom: float, length: float, pixel_size: float, unit: str, pad: float
) -> tuple[AnchoredSizeBar, NDArray[np.uint8]]:
    """Matplotlib's over its own drawing of the field, and the pixels."""
    height, width = HEIGHT * pixel_size, WIDTH * pixel_size
    figure, canvas = figure_of(round(HEIGHT * zoom), round(WIDTH * zoom))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.imshow(np.zeros((HEIGHT, WIDTH)), "gray", extent=(0, width, 0, height), aspect="auto")
    bar = AnchoredSizeBar(
        axes.transData, length, f"{length:g} {unit}".rstrip(), "lower right", pad=0,
        borderpad=pad / SIZE, sep=0, frameon=False, color="white", label_top=True,
        size_vertical=THICK / zoom * pixel_size, fill_bar=True,
        fontproperties=FontProperties(size=SIZE),
    )  # fmt: skip
    axes.add_artist(bar)
    canvas.draw()
    return bar, np.asarray(canvas.buffer_rgba())[..., :3]


def line_of(pixels: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Top, left, bottom and right of the bar's line: what is widest of all that is white."""
    white = pixels[..., 0] > 127
    whole = white.sum(1)
    rows = np.flatnonzero(whole == whole.max())
    columns = np.flatnonzero(white[rows[-1]])
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


@pytest.mark.parametrize("zoom", [3, 4.5, 7])
@pytest.mark.parametrize(
    ("length", "pixel_size", "unit"),
    [(20, 0.65, "µm"), (50, 1.0, "km"), (0.25, 0.01, "°"), (1e6, 3e4, "m"), (30, 1, "")],
)
def test_a_scale_bar_lies_where_matplotlib_draws_one(
    zoom: float, length: float, pixel_size: float, unit: str
) -> None:
    ours = our_bar(zoom, length, pixel_size, unit)
    bar, theirs = their_bar(zoom, length, pixel_size, unit, PAD)
    assert ours.shape == theirs.shape
    exact = bar.size_bar.get_children()[0].get_window_extent()
    line = line_of(ours)
    height = len(ours)
    wanted = height - exact.y1, exact.x0, height - exact.y0, exact.x1
    assert np.abs(np.subtract(line, wanted)).max() <= 1
    assert abs(line[3] - line[1] - length / pixel_size * zoom) <= 0.5
    coverage = FONT.coverage(bar.txt_label.get_text())
    box = bar.txt_label.get_children()[0].get_window_extent()
    middle = round((line[1] + line[3] - coverage.shape[1]) / 2)
    _, left = place_of(ours, coverage, line[0] - FONT.height, middle)
    assert abs(left + coverage.shape[1] / 2 - (box.x0 + box.x1) / 2) <= 1
