"""Frames in memory: page-aligned buffers, batches, frames that are unread or on a device."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

AnyArray = NDArray[Any]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint16]

_PAGE_BYTES = 4096


def page_aligned(shape: tuple[int, ...], dtype: DTypeLike) -> AnyArray:
    """Make an array that begins on a page of memory; its contents are arbitrary.

    Whole pages can be lent to a pipe. And frames that begin on a page of their file are read two
    to three times as fast as into what NumPy allocates, 16 bytes into a page (measured on Linux,
    AMD EPYC: each load seems to wait for the store before it).
    """
    dtype = np.dtype(dtype)
    memory = np.empty(math.prod(shape) * dtype.itemsize + _PAGE_BYTES, np.uint8)
    return np.ndarray(shape, dtype, memory, -address_of(memory) % _PAGE_BYTES)


def address_of(array: AnyArray) -> int:
    """Where an array's first value lies."""
    address: int = array.__array_interface__["data"][0]
    return address


class Resident:
    """Base of frames that a backend has on its device; they behave as ndarrays in shape and views.

    ``np.asarray`` copies them to host memory. What can count or render them where they are does so.
    """


@dataclass(frozen=True)
class UnreadFrame:
    """One frame that still lies in its file, to be read some rows at a time.

    Attributes
    ----------
    shape : (int, int)
    dtype : numpy.dtype
    read_rows : callable
        Takes the first row and an array of that dtype, C order, which it fills from there on.
    check : callable
        Raises where the file has changed since it was opened.
    begin : int
        Offset of its first byte.
    descriptor : int or None
        Of the file, where the system reads at an offset (``pread``).
    """

    shape: tuple[int, int]
    dtype: np.dtype[Any]
    read_rows: Callable[[int, AnyArray], None]
    check: Callable[[], None]
    begin: int
    descriptor: int | None


@dataclass(frozen=True)
class FrameBatch:
    """Consecutive frames of a sequence.

    Attributes
    ----------
    start : int
        Index of the first frame in the sequence.
    data : ndarray, shape (n, H, W) or (n, H, W, C), any real dtype, native byte order
        The values; it may be a strided view, and may be overwritten once the next batch is read.
    """

    start: int
    data: AnyArray

    def __post_init__(self) -> None:
        assert self.data.ndim in (3, 4), f"{self.data.shape = }, allowed are 3 or 4 axes"
        assert self.start >= 0, f"{self.start = }"

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[AnyArray]:
        return iter(self.data)
