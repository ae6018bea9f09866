"""Memory for large arrays that come and go: used again instead of given back and taken anew."""

from __future__ import annotations

import math
import weakref
from collections import deque

import numpy as np
from numpy.typing import DTypeLike

from heatvid._frames import AnyArray

_MOST_FREE = 4
_KEPT_BYTES = 8 << 20


class ReusedMemory:
    """Makes arrays whose memory is used again as soon as no view of them is left, from any thread.

    What is given back to the allocator leaves holes between what is kept: with glibc, arrays just
    under 32 MiB took a fifth more memory in a long pass than in a short one. And new pages are
    filled with zeros first.

    Parameters
    ----------
    nbytes : int
        Of the largest array; others take as much.
    """

    def __init__(self, nbytes: int) -> None:
        self._nbytes = nbytes
        # What decoders take and free, glibc gives back to the system each time, and takes anew,
        # until something as large has been freed: M_MMAP_THRESHOLD in mallopt(3).
        np.empty(_KEPT_BYTES, np.uint8)
        self._free: deque[memoryview] = deque(maxlen=_MOST_FREE)

    def array(self, shape: tuple[int, ...], dtype: DTypeLike) -> AnyArray:
        """Make an array, C order; its contents are arbitrary."""
        try:
            memory = self._free.pop()
        except IndexError:
            memory = np.empty(self._nbytes, np.uint8).data
        # Views of an array refer to what owns its memory, but not beyond what is no array itself.
        owner = np.frombuffer(memory, np.uint8)
        weakref.finalize(owner, self._free.append, memory).atexit = False
        dtype = np.dtype(dtype)
        return owner[: math.prod(shape) * dtype.itemsize].view(dtype).reshape(shape)
