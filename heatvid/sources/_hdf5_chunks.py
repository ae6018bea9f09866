"""Chunks of an HDF5 dataset, inflated outside HDF5, which lets one thread at a time do anything."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from heatvid._frames import AnyArray
from heatvid.sources._stored import Index

_DEFLATE, _SHUFFLE = 1, 2  # https://support.hdfgroup.org/documentation: registered filters


def direct(dataset: Any) -> bool:
    """Whether the chunks are plain numbers, shuffled and deflated at most."""
    import h5py

    if dataset.chunks is None or dataset.dtype.kind not in "iuf" or dataset.is_virtual:
        return False
    plist = dataset.id.get_create_plist()
    filters = {plist.get_filter(i)[0] for i in range(plist.get_nfilters())}
    same = h5py.h5t.py_create(dataset.dtype) == dataset.id.get_type()
    return filters <= {_DEFLATE, _SHUFFLE} and bool(same)


class ChunkReader:
    """Reads parts of a dataset of which :func:`direct` holds, from any thread."""

    def __init__(self, dataset: Any) -> None:
        self._id, self._dtype = dataset.id, dataset.dtype
        self._shape, self._chunks = dataset.shape, dataset.chunks
        self._fill = dataset.fillvalue
        plist = dataset.id.get_create_plist()
        self._filters = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]

    def read(self, index: Index) -> AnyArray:
        """Read one integer or slice a dimension, as h5py does."""
        spans = [
            slice(i, i + 1) if isinstance(i, int) else slice(*i.indices(n))
            for i, n in zip(index, self._shape, strict=True)
        ]
        out = np.empty([s.stop - s.start for s in spans], self._dtype)
        for corner in self._corners(spans):
            theirs, ours = self._overlap(corner, spans)
            chunk = self._chunk(corner)
            out[ours] = self._fill if chunk is None else chunk[theirs]
        return out[tuple(0 if isinstance(i, int) else slice(None) for i in index)]

    def _corners(self, spans: Sequence[slice]) -> Iterator[tuple[int, ...]]:
        """Where the chunks begin that some of the wanted values lie in."""
        return product(*(
            range(s.start // n * n, s.stop, n) for s, n in zip(spans, self._chunks, strict=True)
        ))  # fmt: skip

    def _overlap(
        self, corner: tuple[int, ...], spans: Sequence[slice]
    ) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
        """Which part of a chunk is wanted, and where it belongs."""
        theirs, ours = [], []
        for begin, length, span in zip(corner, self._chunks, spans, strict=True):
            low, high = max(begin, span.start), min(begin + length, span.stop)
            theirs.append(slice(low - begin, high - begin))
            ours.append(slice(low - span.start, high - span.start))
        return tuple(theirs), tuple(ours)

    def _chunk(self, corner: tuple[int, ...]) -> AnyArray | None:
        """Decode a chunk; None where it was never written."""
        if not self._id.get_chunk_info_by_coord(corner).size:
            return None
        mask, raw = self._id.read_direct_chunk(corner)
        size = int(np.prod(self._chunks)) * self._dtype.itemsize
        for i, number in reversed(list(enumerate(self._filters))):
            if mask >> i & 1:  # left out for this chunk
                continue
            raw = zlib.decompress(raw, bufsize=size) if number == _DEFLATE else self._sorted(raw)
        return np.frombuffer(raw, self._dtype, int(np.prod(self._chunks))).reshape(self._chunks)

    def _sorted(self, raw: Any) -> AnyArray:
        """Undo the shuffle, which puts all first bytes of values together, then all second ones."""
        width = self._dtype.itemsize
        shuffled = np.frombuffer(raw, np.uint8)
        values = np.empty((shuffled.size // width, width), np.uint8)
        for i, plane in enumerate(shuffled.reshape(width, -1)):
            values[:, i] = plane
        return values.reshape(-1)
