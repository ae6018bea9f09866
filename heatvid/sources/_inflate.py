"""Inflating and checksums: by isal where it is installed, which is twice and six times as fast."""

from __future__ import annotations

import zlib
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

MOST_DEFLATE_RATIO = 1032  # the format cannot do better: https://www.zlib.net/zlib_tech.html
ZLIB, GZIP = zlib.MAX_WBITS, 16 + zlib.MAX_WBITS  # what is around a stream


@cache
def _fastest() -> ModuleType:
    """What inflates: isal's module that is like zlib, or zlib itself."""
    try:
        return import_module("isal.isal_zlib")
    except ImportError:
        return zlib


def inflate(raw: Any, size: int, wbits: int = ZLIB) -> bytes:
    """Inflate a whole stream of ``size`` bytes; ValueError where it has others."""
    stream = _fastest().decompressobj(wbits=wbits)
    data: bytes = stream.decompress(raw, size + 1)
    if len(data) != size or not stream.eof:
        raise ValueError(f"its {size} bytes are not there")
    return data


def inflater() -> Any:
    """Make what inflates a raw stream piece by piece, as ``zlib.decompressobj`` does."""
    return _fastest().decompressobj(wbits=-zlib.MAX_WBITS)


def crc32(data: Any, value: int = 0) -> int:
    """Sum bytes up, going on from the sum of those before."""
    total: int = _fastest().crc32(data, value)
    return total
