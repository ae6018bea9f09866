"""How a pass reads: in several threads where a source lets it, else ahead of the counting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from heatvid._frames import AnyArray, FrameBatch, page_aligned
from heatvid.sources._base import Source

Part = TypeVar("Part")
_WAITING = 4  # batches a thread that are submitted and not yet counted


def in_threads(
    source: Source,
    size: int,
    count: Callable[[Part, AnyArray], None],
    parts: Sequence[Part],
    pool: ThreadPoolExecutor,
) -> Iterator[int]:
    """Read and count batches, each in one thread with one of ``parts``, in any order.

    Yields
    ------
    int
        Frames of a batch that has been counted.
    """
    idle: SimpleQueue[tuple[Part, AnyArray | None]] = SimpleQueue()
    for part in parts:
        shape = (size, *source.buffer_shape)
        idle.put((part, None if source.lends else page_aligned(shape, source.dtype)))

    def read_and_count(start: int) -> int:
        part, memory = idle.get()
        try:
            frames = source.read(start, size, memory)
            count(part, frames)
            return len(frames)
        finally:
            idle.put((part, memory))

    waiting: deque[Future[int]] = deque()
    try:
        for start in range(0, len(source), size):
            waiting.append(pool.submit(read_and_count, start))
            if len(waiting) >= _WAITING * len(parts):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def ahead(source: Source, size: int) -> Iterator[FrameBatch]:
    """Read batches in a thread of their own, one ahead of whoever takes them."""
    shape = (min(size, len(source)), *source.buffer_shape)
    both = [None if source.in_memory else page_aligned(shape, source.dtype) for _ in range(2)]
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(source.read, 0, size, both[0])
        start = 0
        while start < len(source):
            data = coming.result()
            following = start + len(data)
            if following < len(source):
                both.reverse()
                coming = reader.submit(source.read, following, size, both[0])
            yield FrameBatch(start, data)
            start = following
