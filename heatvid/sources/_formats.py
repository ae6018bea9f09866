"""The registry of formats: which reader opens a path. A new one is a file and a row here."""

from __future__ import annotations

import os
from collections.abc import Callable
from glob import has_magic
from typing import NamedTuple

from heatvid._errors import OptionError, SourceError, printable
from heatvid.sources import _images
from heatvid.sources._base import Source
from heatvid.sources._folder import kind_of, open_folder, open_paths, open_pattern
from heatvid.sources._npy import open_npy
from heatvid.sources._npz import open_npz

VIDEO_SUFFIXES = (".mp4", ".mkv", ".webm", ".mov", ".avi", ".m4v")


def _open_video(path: str, layout: str | None, channel: int | str | None) -> Source:
    from heatvid.sources._video import VideoSource

    if layout is not None or channel not in (None, 0):
        raise OptionError(f"{printable(path)}: a video is read as grey; leave out layout, channel")
    return VideoSource(path)


def _open_image(path: str, layout: str | None, channel: int | str | None) -> Source:
    return open_paths([path], layout, channel)


class Format(NamedTuple):
    """How a family of formats is opened: ``open(path, layout=, channel=[, key=])``."""

    open: Callable[..., Source]
    has_keys: bool = False


_FOLDER = Format(open_folder)
_PATTERN = Format(open_pattern)
_FORMATS = {
    ".npy": Format(open_npy),
    ".npz": Format(open_npz, has_keys=True),
    **dict.fromkeys(_images.SUFFIXES, Format(_open_image)),
    **dict.fromkeys(VIDEO_SUFFIXES, Format(_open_video)),
}
ALLOWED = (
    f"allowed are files ({', '.join(_FORMATS)}), folders and patterns of .npy files or images, "
    "arrays, lists of either, and iterators of arrays"
)


def format_of(path: str) -> Format:
    """Tell how a path is opened.

    Raises
    ------
    SourceError
        There is no such file, or it is of no known format.
    """
    if os.path.isdir(path):
        return _FOLDER
    exists = os.path.lexists(path)
    if not exists and has_magic(path):
        return _PATTERN
    if kind_of(path) in _FORMATS:
        return _FORMATS[kind_of(path)]
    problem = f"files named *{kind_of(path)} are not known" if exists else "no such file or folder"
    raise SourceError(f"{printable(path)}: {printable(problem)}; {ALLOWED}")
