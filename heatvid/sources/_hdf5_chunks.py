"""Chunks of an HDF5 dataset, inflated outside HDF5, which lets one thread at a time do anything."""

from __future__ import annotations

from typing import Any

from heatvid._frames import AnyArray
from heatvid.sources._chunks import ChunkGrid, place_bytes
from heatvid.sources._inflate import inflated

_DEFLATE, _SHUFFLE = 1, 2  # https://support.hdfgroup.org/documentation: registered filters


def is_plain(dataset: Any) -> bool:
    """Whether values are stored as NumPy has them, in the file itself."""
    import h5py

    if dataset.dtype.kind not in "iuf" or dataset.is_virtual or dataset.external:
        return False
    return bool(h5py.h5t.py_create(dataset.dtype) == dataset.id.get_type())


def chunk_grid(dataset: Any) -> ChunkGrid | None:
    """The chunks of a plain dataset, shuffled and deflated at most; None of others."""
    plist = dataset.id.get_create_plist()
    filters = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]
    if filters not in ([], [_DEFLATE], [_SHUFFLE], [_SHUFFLE, _DEFLATE]):
        return None
    decode = _Decoder(dataset.id, filters)
    return ChunkGrid(dataset.shape, dataset.chunks, dataset.dtype, dataset.fillvalue, decode)


class _Decoder:
    """Decodes one chunk into its place."""

    def __init__(self, dataset_id: Any, filters: list[int]) -> None:
        from h5py._objects import phil

        self._id, self._filters = dataset_id, filters
        self._lock = phil  # h5py's, which 3.11 does not take for chunks: HDF5 fails in two threads

    def __call__(self, corner: tuple[int, ...], out: AnyArray) -> bool:
        with self._lock:
            size = self._id.get_chunk_info_by_coord(corner).size
            if not size:
                return False
            if not self._filters and size != out.nbytes:  # HDF5 takes no more memory than for that
                raise ValueError(f"a chunk holds {size} bytes instead of {out.nbytes}")
            left_out, raw = self._id.read_direct_chunk(corner)
        applied = {number for i, number in enumerate(self._filters) if not left_out >> i & 1}
        if _DEFLATE not in applied and len(raw) != out.nbytes:
            raise ValueError(f"a chunk holds {len(raw)} bytes instead of {out.nbytes}")
        pieces = inflated(raw, out.nbytes) if _DEFLATE in applied else [raw]
        place_bytes(pieces, out, out.dtype.itemsize if _SHUFFLE in applied else 1)
        return True
