"""Frames that decode together: each slab of them once in a pass, shared by threads, read ahead."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor

from heatvid._cores import available_cores
from heatvid._errors import SourceError
from heatvid._frames import AnyArray
from heatvid._memory import available_memory

_LEAST_BYTES = 16 << 20  # of a slab: smaller chunks are decoded several at a time
_AHEAD_BYTES = 256 << 20  # of slabs that are decoded before they are asked for
_MOST_THREADS = 4
_MOST_OF_FREE = 1 / 8  # of the free memory in one slab; else its chunks are decoded more than once


def slab_frames(chunk: int, frame_bytes: int, length: int) -> int:
    """Frames of a slab: whole chunks, but no more than memory allows."""
    most = max(_LEAST_BYTES, int(available_memory() * _MOST_OF_FREE)) // frame_bytes
    several = max(1, _LEAST_BYTES // (chunk * frame_bytes))
    return max(1, min(chunk * several, most, length))


class Slabs:
    """Decodes slabs of consecutive frames in threads of its own, ahead of whoever reads in order.

    A slab is let go when all its frames have been given, or others have been asked for since.

    Parameters
    ----------
    name : str
        For messages.
    load : callable
        Of the first frame and the one behind the last: these frames, in memory of their own; from
        any thread.
    length : int
        Frames in all.
    frames : int
        Of a slab.
    frame_bytes : int
        Memory of one frame.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[int, int], AnyArray],
        length: int,
        frames: int,
        frame_bytes: int,
    ) -> None:
        self.frames = frames
        self._name, self._load, self._length = name, load, length
        threads = min(available_cores(), _MOST_THREADS)
        self._threads = threads
        self._ahead = max(1, min(threads - 1, _AHEAD_BYTES // (frames * frame_bytes)))
        self._lock = threading.Lock()
        self._slabs: OrderedDict[int, Future[AnyArray]] = OrderedDict()
        self._given: dict[int, int] = {}  # frames of each slab that have been
        self._last = 0
        self._pool: ThreadPoolExecutor | None = None
        self._closed = False

    def copy(self, start: int, out: AnyArray) -> None:
        """Fill ``out`` with the frames from ``start`` on, all of which there are."""
        filled = 0
        while filled < len(out):
            which, begin = divmod(start + filled, self.frames)
            slab = self._slab(which)
            count = min(len(slab) - begin, len(out) - filled)
            out[filled : filled + count] = slab[begin : begin + count]
            self._note_given(which, count, len(slab))
            filled += count

    def lend(self, start: int, count: int) -> AnyArray | None:
        """View frames where they are decoded; None where they lie in more than one slab."""
        which, begin = divmod(start, self.frames)
        if not 0 < count <= self.frames - begin:
            return None
        slab = self._slab(which)
        self._note_given(which, count, len(slab))
        return slab[begin : begin + count]

    def close(self) -> None:
        """Stop decoding; it may be called more than once."""
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, None
            self._slabs.clear()
        if pool is not None:
            pool.shutdown(cancel_futures=True)

    def _slab(self, which: int) -> AnyArray:
        with self._lock:
            if self._closed:
                raise SourceError(f"{self._name}: the file is closed; open it again")
            wanted = self._begin(which)
            if abs(which - self._last) <= 1:
                self._read_ahead(which)
            self._last = which
            self._let_go(which)
        try:
            return wanted.result()
        except CancelledError as error:
            raise SourceError(f"{self._name}: the file is closed; open it again") from error

    def _begin(self, which: int) -> Future[AnyArray]:
        """Begin to decode a slab, unless that has begun."""
        if which in self._slabs:
            self._slabs.move_to_end(which)
        else:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, "heatvid slabs")
            start = which * self.frames
            stop = min(start + self.frames, self._length)
            self._slabs[which] = self._pool.submit(self._load, start, stop)
        return self._slabs[which]

    def _read_ahead(self, which: int) -> None:
        for later in range(which + 1, which + 1 + self._ahead):
            if later * self.frames < self._length and later not in self._slabs:
                self._begin(later)
        self._slabs.move_to_end(which)

    def _let_go(self, which: int) -> None:
        """Forget slabs that were asked for the longest ago, but none that is ahead of this."""
        most = self._ahead + 2
        for old in list(self._slabs):
            if len(self._slabs) <= most:
                return
            if not which <= old <= which + self._ahead:
                self._slabs.pop(old).cancel()
                self._given.pop(old, None)

    def _note_given(self, which: int, count: int, frames: int) -> None:
        with self._lock:
            self._given[which] = self._given.get(which, 0) + count
            if self._given[which] >= frames:
                self._slabs.pop(which, None)
                self._given.pop(which, None)
