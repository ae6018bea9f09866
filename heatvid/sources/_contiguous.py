"""Parts of an array that lies in a file as it is, read at their offsets, from any thread."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from heatvid._frames import AnyArray
from heatvid.sources._chunks import Index
from heatvid.sources._files import RegularFile


@dataclass(frozen=True)
class Contiguous:
    """Where an array lies.

    Attributes
    ----------
    begin : int
        Offset of its first value.
    shape : tuple of int
    dtype : numpy.dtype
        As it is stored, in any byte order.
    record_bytes : int
        From one place on the first dimension to the next, where others lie between; else 0.
    """

    begin: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    record_bytes: int = 0

    @property
    def row_bytes(self) -> int:
        """Of one place on the first dimension."""
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    @property
    def end(self) -> int:
        """Offset behind the last value."""
        rows = self.shape[0] if self.shape else 1
        if 0 in self.shape:
            return self.begin
        return self.begin + (rows - 1) * (self.record_bytes or self.row_bytes) + self.row_bytes

    def read(self, file: RegularFile, index: Index, out: AnyArray) -> None:
        """Fill ``out``, native, with one integer or slice a dimension, by as few reads as can be.

        What is wanted of the last dimension that is not wanted whole lies together, with all of
        those behind it; what comes before is gone through place by place.
        """
        spans = [range(i, i + 1) if isinstance(i, int) else range(i.start, i.stop) for i in index]
        parted = [i for i, n in enumerate(self.shape) if len(spans[i]) < n]
        outer = max(parted, default=0)
        if self.record_bytes:
            outer = max(outer, 1)
        strides = [math.prod(self.shape[i + 1 :]) for i in range(len(self.shape))]
        steps = [stride * self.dtype.itemsize for stride in strides]
        if self.record_bytes:
            steps[0] = self.record_bytes
        first = sum(span.start * step for span, step in zip(spans, steps, strict=True))
        blocks = out.reshape(*(len(span) for span in spans[:outer]), -1)
        for place in product(*(range(len(span)) for span in spans[:outer])):
            begin = sum(i * step for i, step in zip(place, steps, strict=False))
            file.read_exactly(blocks[place], self.begin + first + begin)
        if not self.dtype.isnative:
            out.byteswap(inplace=True)
