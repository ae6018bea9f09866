"""Options of what is drawn around and beside a field: panels, colourbar, texts, legend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from heatvid._options import checks, composed_checks
from heatvid._options.option import option

SIDES = ("right", "left", "bottom", "top", "inside")
CORNERS = ("top-left", "top", "top-right", "bottom-left", "bottom", "bottom-right")


@dataclass(frozen=True, kw_only=True)
class ComposedOptions:
    """What is drawn around a field, and what beside it."""

    panels: Any = option(
        None, "composition", composed_checks.panels,
        "what is shown side by side, apart by commas: background, heat (the field alone), overlay",
        metavar="NAME,NAME",
    )  # fmt: skip
    captions: Any = option(
        None, "composition", composed_checks.texts, "over each panel", metavar="TEXT", nargs=-1
    )
    columns: int | None = option(
        None, "composition", checks.integer(1, 100), "panels in a row; by default all", metavar="N"
    )
    gap: int = option(
        8, "composition", checks.integer(0, 1000), "pixels between panels, made even", metavar="N"
    )
    gap_color: Any = option(
        "black", "composition", checks.color, "colour of all around panels", metavar="COLOUR"
    )
    panel_size: Any = option(
        None,
        "composition",
        composed_checks.size,
        "of every panel, in which it lies whole",
        metavar="WxH",
    )
    size: Any = option(
        None,
        "composition",
        composed_checks.size,
        "of the frame, in which all lies whole",
        metavar="WxH",
    )
    zoom: float | None = option(
        None, "composition", checks.number(1 / 64, 64), "enlarges what is shown so many times",
        metavar="N",
    )  # fmt: skip
    own_limits: bool = option(
        False, "composition", checks.flag,
        "a scale for each panel; by default one for all that show the same quantity",
    )  # fmt: skip
    colorbar: str | None = option(
        None, "composition", checks.choice(*SIDES),
        "draws the colours with their values, on this side",
    )  # fmt: skip
    label: str | None = option(
        None, "composition", checks.text,
        "of the colourbar; by default the quantity with its unit", metavar="TEXT",
    )  # fmt: skip
    title: str | None = option(None, "composition", checks.text, "over all", metavar="TEXT")
    text: str | None = option(
        None, "composition", checks.text,
        "drawn on every frame: {frame}, {time:.2f}, {name}, {value:min}, {value:max}, {value:mean}",
        metavar="TEXT",
    )  # fmt: skip
    text_place: str = option(
        "bottom-left", "composition", checks.choice(*CORNERS), "where that is drawn"
    )
    text_size: float | None = option(
        None, "composition", checks.number(6, 400),
        "height of all texts, in pixels; by default by the frame's", metavar="PX",
    )  # fmt: skip
    text_color: Any = option(
        "white", "composition", checks.color, "colour of all texts", metavar="COLOUR"
    )
    text_box: Any = option(
        "#00000099", "composition", checks.color,
        "what lies under texts on pictures; transparent for nothing", metavar="COLOUR",
    )  # fmt: skip
    font: str | None = option(
        None, "composition", checks.path,
        "a TTF or OTF file; by default DejaVu Sans, of Latin, Greek and Cyrillic", metavar="FILE",
    )  # fmt: skip
    legend: str | None = option(
        None, "composition", checks.choice(*SIDES),
        "draws the colours of labels with their names, on this side",
    )  # fmt: skip
    label_names: Any = option(
        None, "composition",
        checks.later("a file of lines `NUMBER: NAME`, or a dict of names by number"),
        "names of labels: a file of lines NUMBER: NAME; by default those of the dump",
        metavar="FILE",
    )  # fmt: skip
    scale_bar: Any = option(
        None, "composition", composed_checks.length,
        "draws a bar of this length, in --unit; auto for a round one", metavar="X|auto",
    )  # fmt: skip
    pixel_size: float | None = option(
        None, "composition", checks.number(1e-12),
        "side of a field's pixel, in --unit; by default by the dump's coordinates", metavar="X",
    )  # fmt: skip
    unit: str | None = option(
        None, "composition", checks.text, "of pixel_size, as µm", metavar="TEXT"
    )
