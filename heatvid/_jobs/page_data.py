"""What a page is told: plain names and numbers, of which it makes what is seen."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from heatvid._color.colormaps import ColorTable, color_table, label_colors
from heatvid._color.colors import parse_color
from heatvid._encode.page.chunks import chunks_of
from heatvid._encode.page.planes import Planes
from heatvid._errors import OptionError
from heatvid._jobs.made import told_of
from heatvid._jobs.page_under import Under
from heatvid._jobs.source_feed import SourceFeed
from heatvid._options.options import Options
from heatvid._options.place import place_in
from heatvid._plan.make import norm_of
from heatvid._values.limits import Limits
from heatvid._values.sampling import place

OFFERED = ("inferno", "viridis", "turbo", "magma", "cividis", "gray", "coolwarm", "twilight")


class Shown(NamedTuple):
    """What is in a page, and how."""

    options: Options
    feed: SourceFeed
    tables: list[ColorTable]
    planes: Planes
    limits: Limits
    under: Under
    frames: int


def page_data(shown: Shown, videos: dict[str, str]) -> dict[str, Any]:
    """Tell a page all but its videos' bytes.

    Parameters
    ----------
    shown : Shown
    videos : dict of str to path
        The files that it carries.
    """
    options, feed, about = shown.options, shown.feed, shown.feed.about
    own = shown.tables[0]
    height, width = feed.size
    return {
        "record": json.loads(
            told_of(options, feed.name, about, limits=shown.limits, norm=norm_of(options).kind,
                    cmap=own.name)
        ),
        "title": options.title or os.path.basename(feed.name.rstrip("/\\")) or feed.name,
        "quantity": about.title,
        "units": about.units,
        "precision": _precision(shown),
        "times": _times(shown),
        "labels": {str(label): name for label, name in about.label_names.items()},
        "frames": shown.frames,
        "fps": [shown.under.fps.numerator, shown.under.fps.denominator],
        "height": height,
        "width": width,
        "scale": {"norm": _norm(shown), "limits": list(shown.limits), "bits": shown.planes.bits},
        "planes": {"rows": shown.planes.rows, "marked": shown.planes.marked},
        "layout": _layout(shown),
        "looks": _looks(shown, own),
        "under": shown.under.kind is not None,
        "tables": [_spelled(table) for table in shown.tables],
        "videos": {name: _video(path) for name, path in videos.items()},
    }  # fmt: skip


def _video(path: str) -> dict[str, Any]:
    return {**chunks_of(path).as_dict(), "bytes": os.path.getsize(path)}


def color_tables(options: Options) -> list[ColorTable]:
    """The colours that are asked for, then those that are offered beside.

    Raises
    ------
    OptionError
        One is unknown.
    """
    own = _own_table(options)
    return [own, *_others(options, own)]


def _own_table(options: Options) -> ColorTable:
    """The colours that are asked for; of labels a row for each that can be stored."""
    kind = norm_of(options).kind
    if kind == "labels":
        return _of_labels(options, 1 << options.bits)
    cmap = "inferno" if options.cmap is None else options.cmap
    return _table(options, cmap, exact=kind == "identity")


def _of_labels(options: Options, count: int) -> ColorTable:
    table = color_table(
        label_colors() if options.cmap is None else options.cmap,
        bad=options.bad, exact=True, labels=options.label_colors or {},
    )  # fmt: skip
    palette, labels = table.palette, np.arange(count)
    assert palette is not None
    rows = np.where(
        labels < palette.named, labels, palette.named + (labels - palette.named) % palette.cycle
    )
    rows = np.concatenate([rows, len(table.rgb) - 3 + np.arange(3)])
    return replace(table, name="labels", rgb=table.rgb[rows], alpha=table.alpha[rows])


def _others(options: Options, own: ColorTable) -> list[ColorTable]:
    """The colormaps that are offered beside."""
    given = options.cmaps is not None
    usual = () if norm_of(options).kind == "labels" else OFFERED
    names = [name.strip() for name in (options.cmaps or "").split(",")] if given else usual
    try:
        return [_table(options, name) for name in names if name != own.name]
    except OptionError as error:
        raise OptionError(f"cmaps: {str(error).removeprefix('cmap: ')}") from None


def _table(options: Options, cmap: Any, *, exact: bool = False) -> ColorTable:
    return color_table(cmap, under=options.under, over=options.over, bad=options.bad, exact=exact)


def _spelled(table: ColorTable) -> dict[str, str]:
    """A table as the page reads it: red, green, blue and alpha of each row."""
    alpha = np.rint(table.alpha * 255).astype(np.uint8)
    rows = np.column_stack([table.rgb, alpha])
    return {"name": table.name, "colors": base64.b64encode(rows.tobytes()).decode()}


def _norm(shown: Shown) -> dict[str, Any]:
    """The norm, with the numbers that it takes."""
    norm = norm_of(shown.options)
    found: dict[str, Any] = {"kind": norm.kind}
    if norm.kind == "power":
        found["gamma"] = norm.gamma
    if norm.kind == "symlog":
        found["linthresh"] = norm.threshold(shown.limits)
    return found


def _looks(shown: Shown, own: ColorTable) -> dict[str, Any]:
    """How values are shown at first."""
    options, over = shown.options, shown.under.kind is not None
    pictures = shown.under.kind == "frames"
    return {
        "cmap": own.name,
        "limits": list(shown.limits),
        "alpha": options.alpha if options.alpha is not None else 0.5 if over else 1.0,
        "blend": options.blend,
        "ramp": options.alpha_ramp and list(options.alpha_ramp),
        "smooth": pictures and options.resample != "nearest",
        "bad": None,
    }


def _layout(shown: Shown) -> dict[str, Any]:
    """The picture's size, where in it the field lies, and which part of the field."""
    height, width = shown.under.size
    fit: Any = shown.options.fit
    top, left, within = 0, 0, shown.under.size
    if shown.options.place is not None:
        top, left, *inside = place_in(shown.options.place, within)
        within = (inside[0], inside[1])
    rows, columns = place(shown.feed.size, within, fit, (top, left))
    color: Any = shown.options.background if shown.under.kind == "color" else "black"
    return {
        "height": height,
        "width": width,
        "color": list(parse_color(color, "background")[:3]),
        "box": {
            "top": rows.covered[0], "height": rows.covered[1] - rows.covered[0],
            "left": columns.covered[0], "width": columns.covered[1] - columns.covered[0],
        },
        "part": {
            "top": float(rows.window[0]), "height": float(rows.window[1]),
            "left": float(columns.window[0]), "width": float(columns.window[1]),
        },
    }  # fmt: skip


def _times(shown: Shown) -> list[str] | None:
    """What each frame is called, where the source says so."""
    about = shown.feed.about
    if about.times is not None:
        return [str(time).removesuffix(".000000").replace("T", " ") for time in about.times]
    return list(about.labels) if about.labels else None


def _precision(shown: Shown) -> str:
    """How fine values are, in words."""
    planes = shown.planes
    if norm_of(shown.options).kind in ("identity", "labels"):
        return "values as they are"
    within = "exact" if planes.exact else "within 1"
    return f"values in {planes.levels:,} levels, {within}"
