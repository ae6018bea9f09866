"""Opening whatever holds predictions: :func:`open_source`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from heatvid._errors import OptionError, SourceError, brief, printable
from heatvid.sources._arrays import is_array, open_array, open_arrays
from heatvid.sources._axes import check_layout
from heatvid.sources._base import Source
from heatvid.sources._folder import open_paths
from heatvid.sources._formats import ALLOWED, VIDEO_SUFFIXES, format_of
from heatvid.sources._iterators import IteratorSource
from heatvid.sources._selection import parse_frames, select

__all__ = ["VIDEO_SUFFIXES", "Source", "open_source"]


def open_source(
    source: Any,
    *,
    key: str | None = None,
    layout: str | None = None,
    channel: int | str | None = None,
    frames: str | slice | None = None,
) -> Source:
    """Open predictions, from a file, a folder or memory, as a sequence of frames.

    Parameters
    ----------
    source : path, array, sequence of either, iterable of arrays, or Source
        A ``.npy``, ``.npz``, image or video file; a folder or a glob pattern of ``.npy`` files or
        images, in natural order; an array of any library, on any device; a list of paths or of
        arrays; an iterator of arrays (H, W), read once. Of several files or arrays each is one
        frame, or all are stacks (T, H, W) that follow each other. A list of paths in alphabetical
        order is put into natural order, any other order stays.
    key : str, optional
        Array of a ``.npz`` file; needed where several could be frames.
    layout : str, optional
        What the axes are, one letter each of T, H, W and C: ``THW``, ``THWC``, ``TCHW``, ``HWT``.
        Without it 2 axes are one frame; 3 are THW, unless the last has length 3 or 4 and is the
        smallest; of 4 the second or the last is the channels, whichever is 1, or else up to 4.
        For a mode that takes channels, the one that has as many is the channels, of one frame
        where there are 3.
    channel : int or str, optional
        Channel to take, negative from the end; needed where there are several. A text, the name
        of a mode of ``render``, takes them all: frames then have shape (H, W, C).
    frames : str or slice, optional
        Frames to take, ``"START:STOP:STEP"`` with the meaning of a Python slice.

    Returns
    -------
    Source
        A context manager; leaving it closes the file, and a Source that frames are chosen of.

    Raises
    ------
    SourceError
        It cannot be read as frames; the message begins with the file's name.
    OptionError
        An option has a value that is not allowed, or does not fit the kind of source.
    """
    if layout is not None:
        layout = check_layout(layout)
    if frames is not None:
        frames = parse_frames(frames)
    opened = _open(source, key, layout, channel)
    if frames is None:
        return opened
    try:
        return select(opened, frames)
    except BaseException:
        if opened is not source:
            opened.close()
        raise


def _open(source: Any, key: str | None, layout: str | None, channel: int | str | None) -> Source:
    if isinstance(source, str | bytes | os.PathLike):
        return _open_path(os.fsdecode(source), key, layout, channel)
    if key is not None:
        raise OptionError(f"key is {brief(key)}; allowed is a key with .npz files only")
    if isinstance(source, Source):
        if layout is not None or channel is not None:
            raise OptionError(f"{source.name}: is open already; give layout and channel on opening")
        return source
    if is_array(source):
        return open_array(source, layout, channel)
    if isinstance(source, list | tuple):
        return _open_sequence(source, layout, channel)
    if hasattr(source, "data_vars"):  # xarray's Dataset, which iterates over names
        names = ", ".join(map(repr, source.data_vars)) or "none"
        raise SourceError(
            f"array: a {type(source).__name__} holds several variables; allowed is one of them, "
            f"as dataset[name]: {printable(names)}"
        )
    if isinstance(source, Mapping):
        names = ", ".join(brief(key) for key in list(source)[:20]) or "none"
        raise SourceError(
            f"array: a {type(source).__name__} is not frames; allowed are its values, one at a "
            f"time: {names}"
        )
    if isinstance(source, Iterable):
        return IteratorSource(source, layout, channel)
    raise SourceError(f"array: a {type(source).__name__} is not frames; {ALLOWED}")


def _open_sequence(
    items: list[Any] | tuple[Any, ...], layout: str | None, channel: int | str | None
) -> Source:
    if not items:
        raise SourceError("array: the list is empty; one frame or more are needed")
    if all(isinstance(item, str | bytes | os.PathLike) for item in items):
        paths = [os.fsdecode(item) for item in items]
        if len(paths) == 1:
            return _open_path(paths[0], None, layout, channel)
        return open_paths(paths, layout, channel)
    if all(is_array(item) for item in items):
        return open_arrays(items, layout, channel)
    kinds = ", ".join(sorted({type(item).__name__ for item in items}))
    raise SourceError(f"array: a list of {kinds} is not frames; {ALLOWED}")


def _open_path(path: str, key: str | None, layout: str | None, channel: int | str | None) -> Source:
    chosen = format_of(path)
    if key is None:
        return chosen.open(path, layout=layout, channel=channel)
    if not chosen.has_keys:
        raise OptionError(f"{printable(path)}: key is {brief(key)}; allowed with .npz files only")
    return chosen.open(path, key=key, layout=layout, channel=channel)
