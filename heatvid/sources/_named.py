"""Arrays of a file named with it, as ``file.npz:mask``; and the pictures that lie beside depths."""

from __future__ import annotations

import os

from heatvid._errors import SourceError
from heatvid.sources._files import kind_of
from heatvid.sources._formats import suffixes_that_take
from heatvid.sources._npz import look_into

PICTURES_KEY = "images"


def split_key(path: str) -> tuple[str, str | None]:
    """Part the name of a file and of an array in it; no array where there is such a file."""
    file, colon, key = path.rpartition(":")
    suffixes = suffixes_that_take("key").split(", ")
    if not (colon and key and kind_of(file) in suffixes) or os.path.lexists(path):
        return path, None
    return file, key


def pictures_beside(path: str) -> tuple[str, str] | None:
    """Find pictures that go with the array that is shown of an archive, one for each frame.

    Give them as ``file.npz:images``, and what is shown over them.
    """
    if kind_of(path) != ".npz" or not os.path.isfile(path):
        return None
    try:
        shown, shapes = look_into(path)
    except SourceError:  # is said when it is opened
        return None
    pictures, field = shapes.get(PICTURES_KEY, ()), shapes.get(shown, ())
    alike = shown != PICTURES_KEY and len(pictures) == 4 and pictures[3] == 3 and len(field) >= 3
    return (f"{path}:{PICTURES_KEY}", shown) if alike and field[0] == pictures[0] else None
