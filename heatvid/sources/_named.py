"""Arrays of a file named with it, as ``file.npz:mask``; and the pictures that lie beside depths."""

from __future__ import annotations

import os

from heatvid._errors import SourceError, brief
from heatvid.sources._files import kind_of
from heatvid.sources._formats import suffixes_that_take
from heatvid.sources._npz import look_into

PICTURES_KEYS = ("images", "image")


def split_key(path: str) -> tuple[str, str | None]:
    """Part the name of a file and of an array in it; no array where there is such a file."""
    file, colon, key = path.rpartition(":")
    suffixes = suffixes_that_take("key").split(", ")
    if not (colon and key and kind_of(file) in suffixes) or os.path.lexists(path):
        return path, None
    return file, key


def pictures_beside(path: str) -> tuple[str, str] | None:
    """Find pictures that go with the array that is shown of an archive, one for each frame.

    Give them as ``file.npz:images``, and in words what is shown over them.
    """
    if kind_of(path) != ".npz" or not os.path.isfile(path):
        return None
    try:
        shown, shapes = look_into(path, PICTURES_KEYS)
    except SourceError:  # is said when it is opened
        return None
    key = next((name for name in PICTURES_KEYS if _are_coloured(shapes.get(name, ()))), shown)
    field, pictures = shapes.get(shown, ()), shapes.get(key, ())
    if key == shown or len(field) < 3 or field[0] != pictures[0]:
        return None
    shape = field[-3:-1] if field[-1] == 1 else field[-2:]
    height, width = pictures[1:3] if pictures[3] == 3 else pictures[2:]
    smaller = height < shape[0] or width < shape[1]
    size = f", in whose size, {width}x{height}" if smaller else ""
    return f"{path}:{key}", f"{brief(shown)} over its {key}{size}"


def _are_coloured(shape: tuple[int, ...]) -> bool:
    """Whether an array is of pictures with three channels, the last axis or the second."""
    return len(shape) == 4 and 3 in (shape[1], shape[3])
