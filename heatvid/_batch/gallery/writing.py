"""The page written: as a batch goes on and at its end, or again from its results files."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from heatvid._batch import marks
from heatvid._batch.gallery.entries import entries_of, jobs_in
from heatvid._encode.page.assembled import ROOM as PAGE_ROOM
from heatvid._encode.page.assembled import STYLE
from heatvid._encode.page.building import (
    data_element,
    filled,
    json_text,
    markup_of,
    script_of,
    style_of,
)
from heatvid._errors import HeatvidError

NAME = "index.html"
ROOM = "_batch/gallery"
# Each after those that it imports from; two are shared with pages of one video.
SCRIPTS = (
    *(f"{PAGE_ROOM}/{name}.mjs" for name in ("plots", "player", "theme")),
    *(f"{ROOM}/{name}.mjs" for name in ("listing", "words", "moving", "card", "clock", "compare")),
    f"{ROOM}/gallery.mjs",
)
_LOADS = "; ".join(f"{kind} 'self' file: data:" for kind in ("img-src", "media-src"))
_OURS = b'content="heatvid gallery">'
_RESTS = 20  # times as long as writing took, between two writings
_LEAST_SECONDS = 3.0


class Gallery:
    """A folder's page, written again as results come, but not all the time.

    Parameters
    ----------
    folder : str or None
        None writes nothing.
    """

    def __init__(self, folder: str | None) -> None:
        self._folder = folder
        self._due = time.monotonic() + _LEAST_SECONDS

    def refresh(self) -> None:
        """Write the page where the last one is old."""
        if time.monotonic() >= self._due:
            self.write()

    def write(self) -> None:
        """Write the page; a folder that cannot be written costs no result."""
        if self._folder is None:
            return
        since = time.monotonic()
        with contextlib.suppress(OSError, HeatvidError):
            write_gallery(self._folder)
        now = time.monotonic()
        self._due = now + max(_LEAST_SECONDS, _RESTS * (now - since))


def is_free(folder: str) -> bool:
    """Whether the page's name is not taken by another's file."""
    try:
        with open(os.path.join(folder, NAME), "rb") as file:
            return _OURS in file.read(4096)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def write_gallery(folder: str) -> list[dict[str, Any]]:
    """Write the page of a folder; give what it tells of its jobs.

    Raises
    ------
    SourceError
        The folder holds no results.
    OSError
        The page cannot be written.
    """
    entries = entries_of(jobs_in(folder), folder)
    data = {
        "title": os.path.basename(os.path.abspath(folder)),
        "heatvid": version("heatvid"),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "jobs": entries,
    }
    before, after = _built()
    element = data_element("application/json", "data", json_text(data).encode("ascii"))
    _replace(os.path.join(folder, NAME), before + element + after)
    return entries


@lru_cache(maxsize=1)
def _built() -> tuple[bytes, bytes]:
    """The page before and after its data."""
    style = style_of([STYLE, f"{ROOM}/gallery.css"])
    page = filled(markup_of(f"{ROOM}/gallery.html"), style, script_of(SCRIPTS), _LOADS)
    before, after = page.encode("ascii").split(b"<!-- data -->\n")
    return before, after


def _replace(path: str, content: bytes) -> None:
    """Put a file in its place at once; several may do so."""
    folder = os.path.join(os.path.dirname(path), marks.FOLDER)
    os.makedirs(folder, exist_ok=True)
    new = os.path.join(folder, f"{NAME}.{secrets.token_hex(8)}.new")
    try:
        with open(new, "wb") as file:
            file.write(content)
        os.replace(new, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(new)
        marks.tidy(os.path.dirname(path))
