"""Frames in files of their own: a folder, a glob pattern or a list of arrays or images."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from glob import glob
from typing import Any, NamedTuple

import numpy as np

from heatvid._errors import OptionError, SourceError, brief, called, one_line
from heatvid._frames import AnyArray
from heatvid.sources import _coded_depth, _images, _kitti, _tiff
from heatvid.sources._about import About
from heatvid.sources._axes import holds_stacks, resolve_frame
from heatvid.sources._base import Source
from heatvid.sources._dtypes import make_native
from heatvid.sources._exr import choose_exr
from heatvid.sources._files import FrameFile, kind_of, natural_key, reason
from heatvid.sources._flo import open_flo
from heatvid.sources._formats import FORMATS, format_of, suffixes_that_take
from heatvid.sources._joined import JoinedSource
from heatvid.sources._label_names import names_beside, names_in
from heatvid.sources._laid_out import LaidOutSource
from heatvid.sources._members import open_file
from heatvid.sources._npy import demand_data, open_npy
from heatvid.sources._npy_header import read_header
from heatvid.sources._openpose import open_openpose
from heatvid.sources._pfm import open_pfm
from heatvid.sources._series import deeper, demand_one_series, demand_one_series_each
from heatvid.sources._side_by_side import SideBySide

_SHOWN_OF_PICTURES: dict[int, int | str] = {2: 0, 3: "rgb", 4: "rgb"}
_CHANNELS = {".float": "CHW"}  # of what has them first


class Asked(NamedTuple):
    """What the caller says of each file, as :func:`heatvid.open_source` has it."""

    layout: str | None
    channel: int | str | None
    key: str | None
    select: Mapping[str, Any] | None

    def demand(self, name: str, taken: Sequence[str]) -> None:
        """Refuse what is said where it means nothing."""
        for option in ("key", "select"):
            if getattr(self, option) is not None and option not in taken:
                raise OptionError(
                    f"{name}: {option} is {brief(getattr(self, option))}; allowed with "
                    f"{suffixes_that_take(option)} files only"
                )


class FolderSource(LaidOutSource):
    """Frames that are files, each read into its place; those of a batch are decoded side by side.

    Every file is looked at when the source is opened, so that one that does not fit is known
    before anything is rendered.
    """

    concurrent = True

    def __init__(
        self,
        name: str,
        paths: Sequence[str],
        layout: str | None = None,
        channel: int | str | None = None,
        key: str | None = None,
    ) -> None:
        kind = _one_kind(name, paths)
        self._open, self.about = _reader(kind, paths[0], channel, key)
        self._paths = paths
        self._side_by_side = SideBySide(name, 1 if kind in _READ_ONLY else None)
        with self._open(paths[0]) as first:
            shape, dtype, self.white = first.shape, first.dtype, first.white
            self.about = replace(self.about, palette=first.palette)
        if layout is None and kind != ".npy":
            layout = _CHANNELS.get(kind, "HWC") if len(shape) == 3 else "HW"
        picture = _advised(kind, shape, dtype)
        axes = resolve_frame(shape, called(paths[0]), layout, channel, picture)
        super().__init__(name, axes, dtype, len(paths))
        self.names = _names_of(paths)
        for path in paths[1:]:
            with self._open(path) as file:
                self._check(path, file)

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        buffer = self._buffer(self._count(start, count), out)
        self._side_by_side.each(self._load, self._paths[start : start + len(buffer)], buffer)
        return self._axes.deliver(buffer)

    def close(self) -> None:
        """End the threads."""
        self._side_by_side.close()

    def _load(self, path: str, place: AnyArray) -> None:
        with self._open(path) as file:
            self._check(path, file)
            file.load(place.reshape(self._axes.shape))

    def _check(self, path: str, file: FrameFile) -> None:
        if (file.shape, file.dtype) != (self._axes.shape, self.dtype):
            raise SourceError(
                f"{called(path)}: is {file.shape} {file.dtype}, the first file is "
                f"{self._axes.shape} {self.dtype}; all frames need one shape and dtype"
            )


def open_folder(
    path: str,
    layout: str | None = None,
    channel: int | str | None = None,
    key: str | None = None,
    select: Mapping[str, Any] | None = None,
) -> Source:
    """Open the frames in a folder; hidden files and those of other kinds are not looked at."""
    label = called(path)
    try:
        names = os.listdir(path)
    except OSError as error:
        raise SourceError(f"{label}: {reason(error)}") from error
    names = [name for name in names if not name.startswith(".")]
    frames = [name for name in names if kind_of(name) in FRAME_KINDS]
    frames = frames or [name for name in names if kind_of(name) in _STACKS]
    if not frames:
        raise SourceError(
            f"{label}: the folder holds no frames; {deeper(path, FRAME_KINDS)}allowed are "
            f"{allowed_kinds()}"
        )
    demand_one_series(label, frames)
    paths = [os.path.join(path, name) for name in sorted(frames, key=natural_key)]
    source = _open_files(label, paths, Asked(layout, channel, key, select))
    if source.dtype.kind in "iu":
        source.about = source.about.naming(names_beside(path) or names_in(path))
    return source


def _names_of(paths: Sequence[str]) -> tuple[str, ...]:
    """What each file is called; with its folder where several are called the same."""
    names = tuple(os.path.basename(path) for path in paths)
    if len(set(names)) == len(names):
        return names
    return tuple(os.path.join(*path.rstrip(os.sep).split(os.sep)[-2:]) for path in paths)


def open_pattern(
    pattern: str,
    layout: str | None = None,
    channel: int | str | None = None,
    key: str | None = None,
    select: Mapping[str, Any] | None = None,
) -> Source:
    """Open the files that a glob pattern matches, in natural order."""
    paths = matches(pattern)
    if not paths:
        hint = bracket_hint(pattern) or "; check the pattern"
        raise SourceError(f"{called(pattern)}: matches no file{hint}")
    demand_one_series_each(called(pattern), paths)
    return _open_files(called(pattern), paths, Asked(layout, channel, key, select))


def open_paths(
    paths: Sequence[str],
    layout: str | None = None,
    channel: int | str | None = None,
    key: str | None = None,
    select: Mapping[str, Any] | None = None,
) -> Source:
    """Open a list of files.

    A list in alphabetical order, as shells and ``sorted`` give it, is put into natural order; any
    other order is meant and stays.
    """
    ordered = sorted(paths, key=natural_key) if list(paths) == sorted(paths) else list(paths)
    return _open_files(called(paths[0]), ordered, Asked(layout, channel, key, select))


def open_one(
    path: str,
    layout: str | None = None,
    channel: int | str | None = None,
    key: str | None = None,
    select: Mapping[str, Any] | None = None,
) -> Source:
    """Open a file of one frame."""
    return open_paths([path], layout, channel, key, select)


def _open_files(name: str, paths: Sequence[str], asked: Asked) -> Source:
    """Open files of one frame each, or files of arrays, of stacks that follow each other."""
    kind = _one_kind(name, paths)
    layout, channel = asked.layout, asked.channel
    if kind in _STACKS:
        asked.demand(name, next(row.takes for row in FORMATS if kind in row.suffixes))
        return JoinedSource(name, [partial(_open_stack, path, asked) for path in paths], True)
    if kind == ".tif":
        return _open_tiffs(name, paths, asked)
    asked.demand(name, ("key",) if kind in _CHOOSING else ())
    if kind == ".npy":
        with _open_npy(paths[0]) as first:
            stacks = holds_stacks(first.shape, layout, channel)
        if stacks:
            opens = [partial(open_npy, path, layout, channel) for path in paths]
            return JoinedSource(name, opens)
    return FolderSource(name, paths, layout, channel, asked.key)


def _open_stack(path: str, asked: Asked) -> Source:
    row = format_of(path)
    return row.open(path, **{option: getattr(asked, option) for option in row.takes})


def _open_tiffs(name: str, paths: Sequence[str], asked: Asked) -> Source:
    """Open files of one picture each, or of several."""
    asked.demand(name, ("select",))
    if asked.select is None and not _tiff.holds_stack(paths[0]):
        return FolderSource(name, paths, asked.layout, asked.channel)
    opens = [partial(_tiff.open_tiff, path, asked.layout, asked.channel, asked.select)
             for path in paths]  # fmt: skip
    return opens[0]() if len(opens) == 1 else JoinedSource(name, opens, True)


def matches(pattern: str) -> list[str]:
    """The files that a glob pattern names, in natural order."""
    try:
        return sorted(glob(pattern, recursive=True), key=natural_key)
    except (OSError, ValueError, re.error, RecursionError) as error:
        raise SourceError(f"{called(pattern)}: is no pattern ({one_line(error)})") from error


def bracket_hint(pattern: str) -> str:
    """What to do where brackets are part of a name; empty where they are not."""
    escaped = pattern.replace("[", "[[]")
    if escaped != pattern and (os.path.lexists(pattern.split("[")[0]) or glob(escaped)):
        return (
            "; [ ] stands for one of the characters in it; where it is part of a name, write "
            f"{called(escaped)}"
        )
    return ""


def allowed_kinds() -> str:
    """List the suffixes of files that hold one frame."""
    return ", ".join(dict.fromkeys((*FRAME_KINDS, *_STACKS)))


def _one_kind(name: str, paths: Sequence[str]) -> str:
    kinds = Counter(map(kind_of, paths))
    for path in paths:
        if kind_of(path) not in (*FRAME_KINDS, *_STACKS):
            raise SourceError(
                f"{called(path)}: cannot be one frame of a sequence; allowed are {allowed_kinds()}"
            )
    if len(kinds) > 1:
        counts = " and ".join(f"{count} {kind} files" for kind, count in sorted(kinds.items()))
        raise SourceError(
            f"{name}: holds {counts}; allowed is one kind; choose it by a pattern such as "
            f"*{kind_of(paths[0])}"
        )
    return next(iter(kinds))


@contextmanager
def _open_npy(path: str) -> Iterator[FrameFile]:
    with open_file(path) as file:
        header = read_header(file.read, file.label)
        demand_data(header, file.size - len(header.raw), file.label)

        def load(out: AnyArray) -> None:
            stored = np.empty(header.shape[::-1], out.dtype) if header.fortran_order else out
            file.read_exactly(stored, len(header.raw))
            make_native(stored, header.dtype)
            if header.fortran_order:
                out[...] = stored.T

        yield FrameFile(header.shape, header.dtype.newbyteorder("="), load)


def _reader(
    kind: str, first: str, channel: int | str | None, key: str | None
) -> tuple[Reader, About]:
    """Say how files like the first are opened, and what is known of all."""
    if kind in _CHOOSING:
        return _CHOOSING[kind](first, key)
    if kind == ".png" and channel == "flow" and _kitti.holds_flow(first):
        return _kitti.open_flow, About()
    if kind == ".png" and (coded := _coded_depth.codes_of(first)) is not None:
        return _coded_depth.open_depth, About(name="depth", units=coded.units)
    return _READERS[kind], About()


def _advised(kind: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int | str | None:
    """What to make of the channels of a picture; gray with alpha is no flow, colours are few."""
    if kind in (".npy", ".float") or len(shape) < 3:
        return None
    if kind == ".flo" or (shape[-1] == 3 and dtype == np.uint16):
        return "flow"
    return _SHOWN_OF_PICTURES.get(shape[-1])


_READ_ONLY = (".npy", ".pfm", ".flo", ".float")  # there is nothing to decode
Reader = Callable[[str], AbstractContextManager[FrameFile]]
_READERS: dict[str, Reader] = {".npy": _open_npy}
_READERS |= dict.fromkeys(_images.SUFFIXES, _images.open_image)
_READERS |= {".pfm": open_pfm, ".flo": open_flo, ".float": open_openpose, ".tif": _tiff.open_page}
# Of several arrays, of which one is chosen in the first file, for all of them.
_CHOOSING: dict[str, Callable[[str, str | None], tuple[Reader, About]]] = {".exr": choose_exr}
FRAME_KINDS = (*_READERS, *_CHOOSING)
_STACKS = [suffix for row in FORMATS if row.joined for suffix in row.suffixes]
