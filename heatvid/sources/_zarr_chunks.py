"""Chunks of a Zarr array that lies in a folder, decoded into their place without zarr's event loop.

Each is one file. What is not plain (shards, filters, other codecs, Fortran order) is left to zarr.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from heatvid._frames import AnyArray
from heatvid.sources._chunks import ChunkGrid, place_bytes
from heatvid.sources._inflate import GZIP, ZLIB, inflated

Decode = Callable[[Any, AnyArray], None]
_AROUND = {"zlib": ZLIB, "gzip": GZIP}


def chunk_grid(array: Any) -> ChunkGrid | None:
    """The chunks of an array of plain numbers in files of their own; None of others."""
    from zarr.storage import LocalStore

    if not isinstance(array.store, LocalStore) or array.dtype.kind not in "biuf":
        return None
    version = array.metadata.zarr_format
    dtype = array.dtype
    if version == 2:
        plain = not array.metadata.filters and array.metadata.order == "C"
        decode = _of_codec(array.metadata.compressor) if plain else None
    else:
        dtype, decode = _of_codecs(array.metadata.codecs, dtype)
    if decode is None:
        return None
    folder = os.path.join(os.fspath(array.store.root), array.path)
    place = _Decoder(folder, array.metadata.encode_chunk_key, array.chunks, decode)
    return ChunkGrid(array.shape, array.chunks, dtype, array.fill_value, place)


class _Decoder:
    """Decodes one chunk into its place."""

    def __init__(
        self,
        folder: str,
        key_of: Callable[[tuple[int, ...]], str],
        chunks: Sequence[int],
        decode: Decode,
    ) -> None:
        self._folder, self._key_of, self._chunks, self._decode = folder, key_of, chunks, decode

    def __call__(self, corner: tuple[int, ...], out: AnyArray) -> bool:
        place = tuple(begin // n for begin, n in zip(corner, self._chunks, strict=True))
        try:
            with open(os.path.join(self._folder, self._key_of(place)), "rb") as file:
                raw = file.read()
        except FileNotFoundError:
            return False
        self._decode(raw, out)
        return True


def _of_codec(codec: Any) -> Decode | None:
    """How a chunk of version 2 is decoded: by a codec of numcodecs, or as it is."""
    if codec is None:
        return _copy
    if codec.codec_id in _AROUND:
        wbits = _AROUND[codec.codec_id]
        return lambda raw, out: place_bytes(inflated(raw, out.nbytes, wbits), out)
    if codec.codec_id not in ("blosc", "zstd", "lz4"):
        return None

    def decode(raw: Any, out: AnyArray) -> None:
        _demand_all(codec.decode(raw, _flat(out)), out)

    return decode


def _of_codecs(codecs: Sequence[Any], dtype: np.dtype[Any]) -> tuple[np.dtype[Any], Decode | None]:
    """How a chunk of version 3 is decoded, and the byte order that its values then have."""
    from numcodecs import Blosc, GZip, Zstd

    known = {"ZstdCodec": Zstd, "BloscCodec": Blosc, "GzipCodec": GZip}
    first, rest = (codecs[0], codecs[1:]) if codecs else (None, ())
    names = [type(codec).__name__ for codec in rest]
    if type(first).__name__ != "BytesCodec" or len(rest) > 1 or not set(names) <= set(known):
        return dtype, None
    endian = getattr(getattr(first, "endian", None), "value", None) or "little"
    stored = dtype.newbyteorder(">" if endian == "big" else "<")
    return stored, _of_codec(known[names[0]]()) if names else _copy


def _copy(raw: Any, out: AnyArray) -> None:
    flat = np.frombuffer(raw, np.uint8)
    _demand_all(flat, out)
    _flat(out)[...] = flat


def _flat(out: AnyArray) -> AnyArray:
    return out.reshape(-1).view(np.uint8)


def _demand_all(decoded: Any, out: AnyArray) -> None:
    size = memoryview(decoded).nbytes
    if size != out.nbytes:
        raise ValueError(f"a chunk holds {size} bytes instead of {out.nbytes}")
