"""Opening whatever holds predictions: :func:`open_source`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heatvid.sources._base import Source
from heatvid.sources._formats import VIDEO_SUFFIXES
from heatvid.sources._spec import SourceSpec

__all__ = ["VIDEO_SUFFIXES", "Source", "SourceSpec", "open_source"]


def open_source(
    source: Any,
    *,
    key: str | None = None,
    layout: str | None = None,
    channel: int | str | None = None,
    frames: Any = None,
    select: Mapping[str, Any] | None = None,
    nodata: float | None = None,
    scale: float | None = None,
    offset: float | None = None,
    flip: str | None = None,
    raw: str | None = None,
    shape: str | Sequence[int] | None = None,
    skip_bytes: int | None = None,
    byte_order: str | None = None,
) -> Source:
    """Open predictions, from a file, a folder or memory, as a sequence of frames.

    Parameters
    ----------
    source : path, array, sequence of either, iterable of arrays, or Source
        A ``.npy``, ``.npz``, image or video file; a folder or a glob pattern of ``.npy`` or
        ``.npz`` files or images, in natural order; an array of any library, on any device; a list
        of paths or of arrays; an iterator of arrays, read once. Of several files or arrays each is
        one frame, or all are stacks (T, H, W) that follow each other. A list of paths in
        alphabetical order is put into natural order, any other order stays.
    key : str, optional
        Array of a file that holds several; needed where more than one could be frames, and none
        has a name that models use (``depth``, ``disparity``, ``saliency``, ``flow``, ``masks``).
        Numbered arrays of one frame each are a sequence, ``frame_*``.
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
    select : dict, optional
        Of named dimensions beyond time, rows, columns and channels, the place to take: a value of
        their coordinate, or a number from 0 where they have none, as ``{"level": 500}``.
    nodata : float, optional
        The value that stands for none, and becomes NaN.
    scale, offset : float, optional
        Values are multiplied by ``scale``, then ``offset`` is added; float32 comes of it, of
        float64 float64.
    flip : {"vertical", "horizontal"}, optional
        Turns frames upside down, or left to right.
    raw : str, optional
        The source is the path of a file of nothing but values of this NumPy type, or ``"-"`` for
        standard input, whose frames are read once and in order.
    shape : str or sequence of int, optional
        Of raw values, ``"1000x512x512"``; of two lengths, each frame's, of as many as there are.
    skip_bytes : int, optional
        Bytes before raw values.
    byte_order : {"little", "big"}, optional
        Of raw values; little by default.

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
    return SourceSpec(
        source=source, key=key, layout=layout, channel=channel, frames=frames, select=select,
        nodata=nodata, scale=scale, offset=offset, flip=flip, raw=raw,
        shape=shape, skip_bytes=skip_bytes, byte_order=byte_order,
    ).open()  # fmt: skip
