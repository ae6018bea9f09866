"""From what was named to dumps, one a job: patterns, folders of dumps, folders that are one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from glob import has_magic
from typing import NamedTuple

from heatvid._errors import SourceError, called
from heatvid.sources._axes import holds_stacks
from heatvid.sources._files import kind_of, natural_key
from heatvid.sources._folder import FRAME_KINDS, bracket_hint, matches
from heatvid.sources._formats import FORMATS, format_of
from heatvid.sources._members import open_file
from heatvid.sources._npy_header import read_header

_FRAMES = set(FRAME_KINDS)
_KNOWN = {suffix for row in FORMATS for suffix in row.suffixes}


class Found(NamedTuple):
    """Dumps, and what is said of how they were found.

    Attributes
    ----------
    paths : list of str
    note : str
        Empty where there was nothing to decide.
    """

    paths: list[str]
    note: str = ""


def dumps_in(source: str, layout: str | None = None, channel: int | str | None = None) -> Found:
    """Find the dumps that a source names: itself, what a pattern matches, or what a folder holds.

    Raises
    ------
    SourceError
        There is none.
    """
    if os.path.isdir(source):
        return _in_folder(source, layout, channel)
    if os.path.lexists(source) or "://" in source:
        return Found([source])
    if not has_magic(source):
        raise SourceError(f"{called(source)}: no such file or folder")
    paths = [path for path in matches(source) if not _is_hidden(path)]
    if not paths:
        hint = bracket_hint(source) or "; check the pattern"
        raise SourceError(f"{called(source)}: matches no file{hint}")
    return Found(paths)


def _in_folder(folder: str, layout: str | None, channel: int | str | None) -> Found:
    """Tell by content whether a folder is one dump, or holds some."""
    label = called(folder)
    if format_of(folder).suffixes:  # a store, which is a folder on the disk
        return Found([folder])
    paths = _entries(folder)
    files = [path for path in paths if os.path.isfile(path) and kind_of(path) in _KNOWN]
    frames = [path for path in files if kind_of(path) in _FRAMES]
    if frames and not _are_stacks(frames, layout, channel):
        return Found([folder], f"{label}: one dump of {len(frames)} files, a frame each")
    folders = [path for path in paths if os.path.isdir(path) and _holds_frames(path)]
    if not files and not folders:
        raise SourceError(f"{label}: the folder holds no dumps")
    return Found([*files, *folders], f"{label}: {len(files) + len(folders)} dumps")


def _are_stacks(paths: Sequence[str], layout: str | None, channel: int | str | None) -> bool:
    """Whether files that could be a frame each are sequences, as arrays of three axes are."""
    first = paths[0]
    if kind_of(first) == ".tif":
        from heatvid.sources._tiff import holds_stack

        return holds_stack(first)
    if kind_of(first) != ".npy":
        return False
    with open_file(first) as file:
        return holds_stacks(read_header(file.read, file.label).shape, layout, channel)


def _holds_frames(folder: str) -> bool:
    """Whether a folder below another is a dump."""
    if format_of(folder).suffixes:
        return True
    return any(kind_of(path) in _KNOWN for path in _entries(folder))


def _entries(folder: str) -> list[str]:
    try:
        names = [name for name in os.listdir(folder) if not name.startswith(".")]
    except OSError as error:
        raise SourceError(f"{called(folder)}: {error.strerror}") from error
    return [os.path.join(folder, name) for name in sorted(names, key=natural_key)]


def _is_hidden(path: str) -> bool:
    return os.path.basename(path).startswith(".")
