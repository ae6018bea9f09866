"""TIFF files: the pages of one size as frames, with the axes that ImageJ, OME or tifffile name.

Values are as they are stored: where 0 is white they are not turned round, palettes give indices.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from threading import RLock
from typing import Any

import numpy as np

from heatvid._errors import MissingDependencyError, SourceError, called
from heatvid._frames import AnyArray
from heatvid.sources._about import About
from heatvid.sources._base import Source
from heatvid.sources._cf import decoding_of
from heatvid.sources._chunks import Index
from heatvid.sources._dtypes import delivered_dtype, make_native
from heatvid.sources._files import FrameFile
from heatvid.sources._images import upright
from heatvid.sources._members import MemberPath, open_file
from heatvid.sources._packages import demand_package
from heatvid.sources._reading import demand_plausible, reading
from heatvid.sources._stored import StoredArray, open_stored
from heatvid.sources._tiff_chain import demand_chain, demand_pixels

_NAMES = {"T": "time", "I": "frame", "C": "channel", "S": "channel", "Y": "y", "X": "x",
          "N": "series"}  # fmt: skip
_UNNAMED = set("QSYX")  # axes that tifffile names by guessing
_ORIENTATION, _NODATA = 274, 42113


def open_tiff(
    path: str,
    layout: str | None = None,
    channel: int | str | None = None,
    select: Mapping[str, Any] | None = None,
) -> Source:
    """Open a file of several pages, or of axes beyond rows and columns."""
    pages = Pages(path)
    try:
        return open_stored(
            pages.stored(channel), layout=layout, channel=channel, select=select,
            about=About(note=pages.note, palette=pages.palette),
        )  # fmt: skip
    except BaseException:
        pages.close()
        raise


def holds_stack(path: str) -> bool:
    """Whether a file has more than one picture, or more than rows, columns and samples."""
    with Pages(path) as pages:
        return pages.count > 1 or pages.dims(None) is None


@contextmanager
def open_page(path: str) -> Iterator[FrameFile]:
    """Open a file of one picture, of shape (H, W) or (H, W, C)."""
    with Pages(path) as pages:
        dtype = delivered_dtype(pages.dtype, pages.label)
        decoding = decoding_of(dtype, {}, pages.label, pages.nodata)

        shape = pages.shape
        in_planes = (pages.dims(None) or ())[:1] == ("channel",)

        def load(out: AnyArray) -> None:
            stored = np.empty(shape, dtype)
            pages.read(tuple(slice(0, length) for length in shape), stored)
            if in_planes:
                stored = np.ascontiguousarray(np.moveaxis(stored, 0, -1))
            decoding.decode(stored[np.newaxis], out[np.newaxis])

        shown = (*shape[1:], shape[0]) if in_planes else shape
        yield FrameFile(shown, decoding.dtype, load, palette=pages.palette)


class Pages:
    """An open file: its pages of the largest size, in one array of planes.

    Attributes
    ----------
    label : str
        For messages.
    shape : tuple of int
        Of all that is shown.
    dtype : numpy.dtype
        Native.
    count : int
        Planes: what one page holds.
    nodata : float or None
        The value that stands for none, as GDAL writes it.
    note : str
        What is not shown.
    palette : ndarray of uint8, shape (N, 3), or None
        Colours of the values.
    """

    def __init__(self, path: str) -> None:
        self.label = called(path)
        demand_package("tifffile", f"{self.label}: TIFF")
        self._file = open_file(path)
        self._tiff: Any = None
        self._lock = RLock()
        try:
            with _reading(self.label):
                self._open(path)
        except BaseException:
            self.close()
            raise

    def _open(self, path: str) -> None:
        import tifffile

        logging.getLogger("tifffile").addHandler(logging.NullHandler())  # its words are for logs
        demand_chain(self._file)
        self._tiff = tifffile.TiffFile(self._file if isinstance(path, MemberPath) else path)
        every = list(self._tiff.series)
        if not every:
            raise SourceError(f"{self.label}: holds no pages")
        first = max(every, key=lambda series: math.prod(series.keyframe.shape))
        self._series = [series for series in every if _alike(series, first)]
        page = first.keyframe
        self.dtype = np.dtype(page.dtype).newbyteorder("=")
        declared = math.prod(page.shape) * self.dtype.itemsize
        demand_plausible(self.label, declared, self._file.size)
        size = math.prod(page.shape)
        self._lead = next(i for i in range(len(first.shape) + 1)
                          if math.prod(first.shape[i:]) == size)  # fmt: skip
        self._plane: tuple[int, ...] = tuple(first.shape[self._lead :])
        self._starts = np.cumsum([0, *(math.prod(series.shape) // size for series in self._series)])
        self.count = int(self._starts[-1])
        turn = page.tags.get(_ORIENTATION)
        upright_already = turn is None or not first.axes[self._lead :].startswith("YX")
        self._turn = 1 if upright_already else int(turn.value)
        self._axes, self.shape = self._arranged(first)
        tag = page.tags.get(_NODATA)
        self.nodata = None if tag is None else _number(str(tag.value))
        self._demand_whole()
        self.note = self._said(every, first)
        colours = page.colormap  # (3, N), of 16 bits
        self.palette = None if colours is None else (colours.T >> 8).astype(np.uint8)

    def _arranged(self, first: Any) -> tuple[str, tuple[int, ...]]:
        """Letters of the axes, and the shape: series alike are stacked, else all pages are."""
        lead, axes = first.shape[: self._lead], first.axes
        if len(self._series) > 1:
            same = all(series.shape == first.shape for series in self._series)
            count = len(self._series) if same else self.count
            lead = (count, *lead) if same else (count,)
            axes = "N" + axes[0 if same else self._lead :]
        plane = upright(np.broadcast_to(False, self._plane), self._turn).shape
        return axes, (*lead, *plane)

    def _said(self, every: list[Any], first: Any) -> str:
        others = Counter("x".join(map(str, series.shape))
                         for series in every if series not in self._series)  # fmt: skip
        if not others:
            return ""
        return f"{self.label}: shows {'x'.join(map(str, first.shape))}, not {', '.join(others)}"

    def _demand_whole(self) -> None:
        for series in self._series:
            if series.dataoffset is not None:
                end = series.dataoffset + math.prod(series.shape) * self.dtype.itemsize
                if end > self._file.size:
                    raise SourceError(
                        f"{self.label}: takes {end} bytes, it has {self._file.size}; write it again"
                    )

    def dims(self, channel: int | str | None) -> tuple[str, ...] | None:
        """Names of the dimensions; None where the axes are only guessed."""
        axes = self._axes
        shaped = self._series[0].kind == "shaped" and "N" not in axes
        if shaped and set(axes) <= _UNNAMED and axes not in ("YX", "YXS"):
            return None
        if axes == "CYX" and channel is None:  # as ImageJ's writers call frames
            axes = "TYX"
        names = [_NAMES.get(letter, letter.lower()) for letter in axes]
        if "C" in axes and "S" in axes:
            names[axes.index("S")] = "samples"
        return tuple(name if names.count(name) == 1 else f"{name}_{i}"
                     for i, name in enumerate(names))  # fmt: skip

    def stored(self, channel: int | str | None) -> StoredArray:
        """Describe what is shown; closed with it."""
        planes = (1,) * (len(self.shape) - len(self._plane))
        return StoredArray(
            name=self.label, key="", shape=self.shape, dtype=self.dtype, read=self.read,
            dims=self.dims(channel), fill=self.nodata,
            chunks=(*planes, *self.shape[len(planes) :]),
            check=self._file.check_unchanged, close=self.close,
        )  # fmt: skip

    def read(self, index: Index, out: AnyArray) -> None:
        """Fill ``out`` with one integer or slice a dimension, a page at a time; from any thread."""
        lead = len(self.shape) - len(self._plane)
        chosen = [range(part, part + 1) if isinstance(part, int) else range(part.start, part.stop)
                  for part in index[:lead]]  # fmt: skip
        inner = index[lead:]
        shape = [len(places) for places, part in zip(chosen, index, strict=False)
                 if not isinstance(part, int)]  # fmt: skip
        full = tuple(slice(0, length) for length in self._plane)
        whole = self._turn == 1 and inner == full
        places = out.reshape(math.prod(shape), *out.shape[len(shape) :])
        for place, which in zip(places, product(*chosen), strict=True):
            number = int(np.ravel_multi_index(which, self.shape[:lead])) if which else 0
            if whole and place.flags.c_contiguous:
                self._load(number, place)
            else:
                place[...] = self._upright(number)[inner]

    def _upright(self, number: int) -> AnyArray:
        """The pixels of a page as they are shown."""
        pixels = np.empty(self._plane, self.dtype)
        self._load(number, pixels)
        return upright(pixels, self._turn)

    def _load(self, number: int, out: AnyArray) -> None:
        """Fill ``out`` with the pixels of a page as they are stored."""
        which = int(np.searchsorted(self._starts, number, "right")) - 1
        series, place = self._series[which], number - int(self._starts[which])
        if series.dataoffset is not None:
            self._file.read_exactly(out, series.dataoffset + place * out.nbytes)
            make_native(out, self.dtype.newbyteorder(self._tiff.byteorder))
        else:
            self._decode(series, place, out)

    def _decode(self, series: Any, place: int, out: AnyArray) -> None:
        with _reading(self.label):
            with self._lock:
                if self._tiff is None:
                    raise SourceError(f"{self.label}: the file is closed; open it again")
                page = series.pages[place]
            if page is None:
                raise SourceError(f"{self.label}: page {place} is not there; write it again")
            demand_pixels(self._file, page)
            page.asarray(out=out.reshape(page.shape), lock=self._lock, maxworkers=1)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._tiff is not None:
                self._tiff.close()
            self._tiff = None
            self._file.close()

    def __enter__(self) -> Pages:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _number(text: str) -> float | None:
    try:
        return float(text.strip("\0 "))
    except ValueError:
        return None


def _alike(series: Any, first: Any) -> bool:
    """Whether the pages of two series are of one size and type."""
    one, other = series.keyframe, first.keyframe
    return (one.shape, one.dtype) == (other.shape, other.dtype)


@contextmanager
def _reading(label: str) -> Iterator[None]:
    """Turn what tifffile raises into SourceError, or the command that installs a codec."""
    try:
        with reading(label):
            yield
    except SourceError as error:
        # Of codecs that newer versions of Python have, their module is missed.
        if "imagecodecs" not in str(error) and not isinstance(error.__cause__, ImportError):
            raise
        raise MissingDependencyError(
            f"{label}: its compression takes the package imagecodecs; install it: "
            'pip install "heatvid[sources]"'
        ) from error
