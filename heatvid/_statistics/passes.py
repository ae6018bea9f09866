"""Passes over whole sources: batches of frames, fed to collectors in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, Self

import numpy as np

from heatvid._errors import SourceError
from heatvid._frames import AnyArray, Resident
from heatvid._statistics.counts import Statistics
from heatvid._statistics.reading import ahead, in_threads
from heatvid.sources._base import Source

BATCH_BYTES = 64 << 20

View = Callable[[AnyArray], AnyArray]


def channel_view(i: int) -> View:
    """View one channel of frames, shape (..., C)."""
    return lambda frames: frames[..., i]


class Collector(Protocol):
    """What passes over a source feed: each thread its own, merged at the end of each."""

    def fresh(self) -> Self:
        """Give one of the same pass that has seen nothing."""

    def update(self, array: AnyArray) -> None:
        """Take in frames, or some rows of them."""

    def merge(self, other: Self) -> None:
        """Add what another has seen in the same pass."""

    def refine(self) -> bool:
        """End a pass: True where another one is needed."""


class ViewStatistics:
    """Statistics of several views of the same frames, all in the same passes.

    Parameters
    ----------
    views : sequence of callable
        Of frames, shape (n, H, W[, C]), or of some of their rows.
    each : sequence of Statistics
        Of what each of them gives.
    """

    def __init__(self, views: Sequence[View], each: Sequence[Statistics]) -> None:
        self._views, self.each = views, each
        self._active = [i for i, own in enumerate(each) if not own.settled]

    def fresh(self) -> Self:
        """Give one of the same pass that has seen nothing."""
        other = type(self)(self._views, [own.fresh() for own in self.each])
        other._active = self._active
        return other

    def update(self, array: AnyArray) -> None:
        """Take in frames, or some rows of them."""
        for i in self._active:
            with np.errstate(all="ignore"):
                self.each[i].update(self._views[i](array))

    def merge(self, other: Self) -> None:
        """Add what another has seen in the same pass."""
        for i in self._active:
            self.each[i].merge(other.each[i])

    def refine(self) -> bool:
        """End a pass: True where any of them needs another one."""
        self._active = [i for i in self._active if self.each[i].refine()]
        return bool(self._active)


def collect(
    sources: Source | Sequence[Source],
    collector: Collector,
    progress: Callable[[int], None] | None = None,
    threads: int = 1,
    batch_bytes: int = BATCH_BYTES,
) -> int:
    """Feed whole sources to a collector, as often as that asks; give the number of frames.

    Where frames are few for the threads, each is fed some rows of every frame.
    """
    every = [sources] if isinstance(sources, Source) else sources
    with ThreadPoolExecutor(threads) as pool:
        while True:
            length = 0
            for source in every:
                size = batch_length(source, batch_bytes)
                length += _pass(source, size, collector, pool, threads, progress)
            if not _refined(collector, every):
                return length


def collect_once(
    source: Source,
    collector: Collector,
    progress: Callable[[int], None] | None = None,
    threads: int = 1,
) -> None:
    """Feed a whole source to a collector in one pass, which is left to the caller to end."""
    with ThreadPoolExecutor(threads) as pool:
        _pass(source, batch_length(source), collector, pool, threads, progress)


def _refined(collector: Collector, sources: Sequence[Source]) -> bool:
    """End a pass; where that finds that values have changed, whose is said."""
    try:
        return collector.refine()
    except SourceError as error:
        raise SourceError(f"{sources[0].name}: {error}") from error


def batch_length(source: Source, batch_bytes: int = BATCH_BYTES) -> int:
    """Frames of a source to read at a time."""
    size = source.rounded(max(1, batch_bytes // source.frame_bytes))
    return size if source.length is None else max(1, min(size, source.length))


def _pass(
    source: Source,
    size: int,
    collector: Collector,
    pool: ThreadPoolExecutor,
    threads: int,
    progress: Callable[[int], None] | None,
) -> int:
    """Feed the whole sequence to ``collector``; give the number of frames."""
    parts = [collector.fresh() for _ in range(threads)]
    length = 0
    for count in _counted(source, size, parts, pool):
        length += count
        if progress is not None:
            progress(count)
    for part in parts:
        collector.merge(part)
    return length


def _counted(
    source: Source, size: int, parts: Sequence[Collector], pool: ThreadPoolExecutor
) -> Iterator[int]:
    """Read and count batch by batch; give the frames of each."""
    each = source.rounded(max(1, size // len(parts)))
    if source.concurrent and not source.in_memory and len(source) >= each * len(parts):
        yield from in_threads(source, each, lambda part, data: part.update(data), parts, pool)
        return
    for batch in ahead(source, size) if source.compressed else source.batches(size):
        if len(parts) == 1 or isinstance(batch.data, Resident):
            parts[0].update(batch.data)
        else:
            rows = _split(batch.data, len(parts))
            for _ in pool.map(lambda part, chunk: part.update(chunk), parts, rows):
                pass
        yield len(batch)


def _split(frames: AnyArray, parts: int) -> Iterable[AnyArray]:
    """Cut frames along time, or along height where there are too few."""
    axis = 0 if len(frames) >= parts else 1
    return np.array_split(frames, parts, axis=axis)
