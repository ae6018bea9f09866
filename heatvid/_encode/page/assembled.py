"""The page: its sources built into one file, then data, then videos block by block."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, BinaryIO

from heatvid._encode.page.building import (
    data_element,
    filled,
    json_text,
    markup_of,
    script_of,
    style_of,
)
from heatvid._encode.page.carried import blocks

ROOM = "_encode/page"
# Each after those that it imports from.
SCRIPTS = (
    "carried", "norms", "tables", "pictures", "tracks", "readings", "looks", "tiles", "painting",
    "canvas2d", "webgl", "plots", "scale", "stage", "player", "series", "theme", "controls",
    "opening", "start",
)  # fmt: skip
STYLE = f"{ROOM}/base.css"  # of every page
_BYTES = "application/octet-stream"
_LOADS = "img-src blob: data:; media-src blob:"


@lru_cache(maxsize=1)
def script() -> str:
    """All modules as one script, which is ASCII."""
    return script_of([f"{ROOM}/{name}.mjs" for name in SCRIPTS])


def page_sources() -> tuple[str, str, str]:
    """Markup, style and script."""
    return markup_of(f"{ROOM}/page.html"), style_of([STYLE, f"{ROOM}/page.css"]), script()


def write_page(out: BinaryIO, data: Mapping[str, Any], videos: Mapping[str, str]) -> None:
    """Write a page.

    Parameters
    ----------
    out : binary file
    data : mapping
        What the page is told, plain values for JSON.
    videos : mapping of str to path
        Files that it carries, by the names that it knows them by.
    """
    before, after = filled(*page_sources(), _LOADS).split("<!-- data -->\n")
    out.write(before.encode("ascii"))
    out.write(data_element("application/json", "data", json_text(data).encode("ascii")))
    for name, path in videos.items():
        with open(path, "rb") as file:
            for number, (text, size, check) in enumerate(blocks(file)):
                out.write(data_element(_BYTES, f"{name}-{number}", text, size, check))
    out.write(after.encode("ascii"))
