"""Which frames of what: everything that opening a source takes, as one value that travels."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from heatvid._errors import OptionError, SourceError, brief, called, kind_of
from heatvid._options import checks
from heatvid._options.input import RAW
from heatvid.sources._arrays import demand_one_array, is_array, open_array, open_arrays
from heatvid.sources._axes import check_layout
from heatvid.sources._base import Source
from heatvid.sources._decoded import decoded
from heatvid.sources._difference import Difference, open_difference
from heatvid.sources._folder import open_paths
from heatvid.sources._formats import ALLOWED, format_of, suffixes_that_take
from heatvid.sources._iterators import IteratorSource
from heatvid.sources._lazy import is_lazy, open_lazy
from heatvid.sources._raw import open_raw
from heatvid.sources._selection import parse_frames, select

_CHECKS = {
    "select": checks.select,
    "nodata": checks.number(),
    "scale": checks.number(),
    "offset": checks.number(),
    "flip": checks.choice("vertical", "horizontal"),
    "raw": checks.choice(*RAW),
    "shape": checks.shape,
    "skip_bytes": checks.integer(0),
    "byte_order": checks.choice("little", "big"),
}


@dataclass(frozen=True, kw_only=True)
class SourceSpec:
    """A source that is not open; what :func:`open_source` says of its arguments holds here.

    One of paths can be pickled, and opened by any process that sees the same files.
    """

    source: Any
    key: str | None = None
    layout: str | None = None
    channel: int | str | None = None
    frames: slice | None = None
    select: Mapping[str, Any] | None = None
    nodata: float | None = None
    scale: float | None = None
    offset: float | None = None
    flip: str | None = None
    raw: str | None = None
    shape: Any = None
    skip_bytes: int | None = None
    byte_order: str | None = None

    def __post_init__(self) -> None:
        if self.layout is not None:
            object.__setattr__(self, "layout", check_layout(self.layout))
        if self.frames is not None:
            object.__setattr__(self, "frames", parse_frames(self.frames))
        for name, check in _CHECKS.items():
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, check(name, value))

    def open(self) -> Source:
        """Open it; a Source that is given is not closed where that fails."""
        if isinstance(self.source, Difference):
            return self._open_difference(self.source)
        source = opened = self._open()
        try:
            opened = decoded(opened, self.nodata, self.scale, self.offset, self.flip)
            return opened if self.frames is None else select(opened, self.frames)
        except BaseException:
            if source is not self.source:
                source.close()
            raise

    def _open_difference(self, pair: Difference) -> Source:
        """Open two sources, each as this says, and as is said of it alone."""
        return open_difference(pair, lambda one, **own: replace(self, source=one, **own).open())

    def _demand_meant(self) -> None:
        """Refuse what means nothing with bare values, or without."""
        bare = self.raw is not None
        allowed = "without raw=, whose values have no names" if bare else "with raw=, their kind"
        for option in ("key", "select") if bare else ("shape", "skip_bytes", "byte_order"):
            value = getattr(self, option)
            if value is not None:
                raise OptionError(f"{option}: got {brief(value)}; allowed {allowed}")

    def _open(self) -> Source:
        self._demand_meant()
        if self.raw is not None:
            return self._open_raw(self.raw)
        if _is_path(self.source):
            return self._open_path(os.fsdecode(self.source))
        if (
            isinstance(self.source, list | tuple)
            and self.source
            and all(map(_is_path, self.source))
        ):
            return self._open_paths([os.fsdecode(path) for path in self.source])
        if is_lazy(self.source):
            return open_lazy(self.source, self.key, self.layout, self.channel, self.select)
        for option in ("key", "select"):
            if getattr(self, option) is not None:
                raise self._refused(option)
        if isinstance(self.source, Source):
            if self.layout is not None or self.channel is not None:
                raise OptionError(
                    f"{self.source.name}: is open already; give layout and channel on opening"
                )
            return self.source
        if is_array(self.source):
            return open_array(self.source, self.layout, self.channel)
        if isinstance(self.source, list | tuple):
            return self._open_sequence(self.source)
        demand_one_array(self.source, "array")
        if isinstance(self.source, Iterable):
            return IteratorSource(self.source, self.layout, self.channel)
        raise SourceError(f"array: {kind_of(self.source)} is not frames; {ALLOWED}")

    def _open_raw(self, kind: str) -> Source:
        if not _is_path(self.source):
            raise OptionError(f"raw: got {kind!r}; allowed with one file, or - (standard input)")
        if self.shape is None:
            raise OptionError(f"raw: got {kind!r}; allowed with shape=, as (frames, rows, columns)")
        dtype = np.dtype(kind).newbyteorder("big" if self.byte_order == "big" else "little")
        shape = tuple(self.shape)
        return open_raw(
            os.fsdecode(self.source), dtype, shape, self.skip_bytes or 0, self.layout,
            self.channel,
        )  # fmt: skip

    def _open_path(self, path: str) -> Source:
        row = format_of(path)
        for option in ("key", "select"):
            if getattr(self, option) is not None and option not in row.takes:
                raise self._refused(option, f"{called(path)}: ")
        asked = {name: getattr(self, name) for name in row.takes}
        return row.open(path, **asked)

    def _open_paths(self, paths: list[str]) -> Source:
        if len(paths) == 1:
            return self._open_path(paths[0])
        return open_paths(paths, self.layout, self.channel, self.key, self.select)

    def _open_sequence(self, items: list[Any] | tuple[Any, ...]) -> Source:
        if not items:
            raise SourceError("array: the list is empty; one frame or more are needed")
        if all(is_array(item) for item in items):
            return open_arrays(items, self.layout, self.channel)
        for i, item in enumerate(items):
            demand_one_array(item, f"array {i}")
        kinds = ", ".join(sorted({type(item).__name__ for item in items}))
        raise SourceError(f"array: a list of {kinds} is not frames; {ALLOWED}")

    def _refused(self, option: str, begin: str = "") -> OptionError:
        return OptionError(
            f"{begin}{option} is {brief(getattr(self, option))}; "
            f"allowed with {suffixes_that_take(option) or 'no'} files only"
        )


def _is_path(value: Any) -> bool:
    return isinstance(value, str | bytes | os.PathLike)
