"""What a page is told: plain names and numbers, of which it makes what is seen."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from heatvid._color.colormaps import ColorTable
from heatvid._encode.page.chunks import chunks_of
from heatvid._jobs.made import told_of
from heatvid._jobs.page_fields import PageField
from heatvid._jobs.page_layout import PageLayout
from heatvid._options.options import Options
from heatvid._plan.make import norm_of


class Shown(NamedTuple):
    """What is in a page, and how; ``pictures`` number those under each field."""

    options: Options
    fields: Sequence[PageField]
    layout: PageLayout
    pictures: Sequence[int | None]
    frames: int
    fps: Fraction


def page_data(shown: Shown, videos: dict[str, str]) -> dict[str, Any]:
    """Tell a page all but its videos' bytes.

    Parameters
    ----------
    shown : Shown
    videos : dict of str to path
        The files that it carries.
    """
    main = shown.fields[0]
    about = main.feed.about
    titles = _titles(shown)
    tables: list[dict[str, str]] = []
    looks: list[dict[str, Any]] = []
    fields = [
        {**_field(each, title), "look": _numbered(_look(shown, i, tables), looks, title)}
        for i, (each, title) in enumerate(zip(shown.fields, titles, strict=True))
    ]
    return {
        "record": json.loads(
            told_of(shown.options, main.feed.name, about, limits=main.limits,
                    norm=norm_of(main.options).kind, cmap=main.tables[0].name)
        ),
        "title": shown.options.title or " \u00b7 ".join(filter(None, titles)) or _name(main),
        "times": _times(main),
        "frames": shown.frames,
        "fps": [shown.fps.numerator, shown.fps.denominator],
        "fields": fields,
        "looks": looks,
        "tables": tables,
        "layout": shown.layout.told(shown.fields, shown.pictures),
        "videos": {name: _video(path) for name, path in videos.items()},
    }  # fmt: skip


def _titles(shown: Shown) -> list[str]:
    """What each field is called, where there are several: by its panel, or its number."""
    if len(shown.fields) == 1:
        return [""]
    named = {tile.field: tile.title for tile in reversed(shown.layout.tiles)}
    return [named.get(i) or str(i + 1) for i in range(len(shown.fields))]


def _name(field: PageField) -> str:
    name = field.feed.name
    return os.path.basename(name.rstrip("/\\")) or name


def _field(field: PageField, title: str) -> dict[str, Any]:
    """How the values of a field lie in its video, and what they are."""
    feed, planes = field.feed, field.planes()
    height, width = feed.size
    return {
        "title": title,
        "quantity": feed.about.title,
        "units": feed.about.units,
        "precision": _precision(field),
        "labels": {str(label): name for label, name in field.names.items()},
        "height": height,
        "width": width,
        "planes": {"rows": planes.rows, "marked": planes.marked},
    }


def _look(shown: Shown, number: int, tables: list[dict[str, str]]) -> dict[str, Any]:
    """The scale that the values of a field are stored on, and how they are shown at first."""
    field = shown.fields[number]
    options = field.options
    tiles = [tile.box for tile in shown.layout.tiles if tile.field == number]
    resized = any((box.height, box.width) != field.feed.size for box in tiles)
    over = field.kind is not None
    bits, limits = field.planes().bits, list(field.limits)
    return {
        "scale": {"norm": _norm(field), "limits": limits, "bits": bits},
        "tables": [_numbered_table(table, tables) for table in field.tables],
        "over": over,
        "alpha": options.alpha if options.alpha is not None else 0.5 if over else 1.0,
        "blend": options.blend,
        "ramp": options.alpha_ramp and list(options.alpha_ramp),
        "smooth": (resized or field.kind == "frames") and options.resample != "nearest",
        "bad": None,
    }


def _numbered(look: dict[str, Any], looks: list[dict[str, Any]], title: str) -> int:
    """The number of a look, which fields share whose values have one scale, and look the same."""
    own = {"title": title, "smooth": look["smooth"]}
    for number, other in enumerate(looks):
        if {**other, **own} == {**look, **own}:
            other["title"] += f", {title}"
            other["smooth"] |= look["smooth"]  # which changes nothing of what has its own size
            return number
    looks.append({**look, **own})
    return len(looks) - 1


def _numbered_table(table: ColorTable, tables: list[dict[str, str]]) -> int:
    spelled = _spelled(table)
    if spelled not in tables:
        tables.append(spelled)
    return tables.index(spelled)


def _video(path: str) -> dict[str, Any]:
    return {**chunks_of(path).as_dict(), "bytes": os.path.getsize(path)}


def _spelled(table: ColorTable) -> dict[str, str]:
    """A table as the page reads it: red, green, blue and alpha of each row."""
    alpha = np.rint(table.alpha * 255).astype(np.uint8)
    rows = np.column_stack([table.rgb, alpha])
    return {"name": table.name, "colors": base64.b64encode(rows.tobytes()).decode()}


def _norm(field: PageField) -> dict[str, Any]:
    """The norm, with the numbers that it takes."""
    norm = norm_of(field.options)
    found: dict[str, Any] = {"kind": norm.kind}
    if norm.kind == "power":
        found["gamma"] = norm.gamma
    if norm.kind == "symlog":
        found["linthresh"] = norm.threshold(field.limits)
    return found


def _times(field: PageField) -> list[str] | None:
    """What each frame is called, where the source says so."""
    about = field.feed.about
    if about.times is not None:
        return [str(time).removesuffix(".000000").replace("T", " ") for time in about.times]
    return list(about.labels) if about.labels else None


def _precision(field: PageField) -> str:
    """How fine values are, in words."""
    planes = field.planes()
    if norm_of(field.options).kind in ("identity", "labels"):
        return "values as they are"
    within = "exact" if planes.exact else "within 1"
    return f"values in {planes.levels:,} levels, {within}"
