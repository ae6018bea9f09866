"""Inflating and checksums: by isal where it is installed, which is twice and six times as fast."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

MOST_DEFLATE_RATIO = 1032  # the format cannot do better: https://www.zlib.net/zlib_tech.html
_RAW_BYTES, _PIECE_BYTES = 1 << 16, 1 << 18  # taken and given at a time: they stay in the cache
ZLIB, GZIP = zlib.MAX_WBITS, 16 + zlib.MAX_WBITS  # what is around a stream


@cache
def _fastest() -> ModuleType:
    """What inflates: isal's module that is like zlib, or zlib itself."""
    try:
        return import_module("isal.isal_zlib")
    except ImportError:
        return zlib


def inflated(raw: Any, size: int, wbits: int = ZLIB) -> Iterator[bytes]:
    """Inflate a whole stream of ``size`` bytes piece by piece; ValueError where it has others."""
    stream = _fastest().decompressobj(wbits=wbits)
    rest, next_raw, left = memoryview(raw), memoryview(b""), size
    while not stream.eof:
        if not next_raw:
            next_raw, rest = rest[:_RAW_BYTES], rest[_RAW_BYTES:]
        piece: bytes = stream.decompress(next_raw, _PIECE_BYTES)
        left -= len(piece)
        if left < 0 or not (piece or next_raw):
            break
        yield piece
        next_raw = stream.unconsumed_tail
    if left or not stream.eof:
        raise ValueError(f"its {size} bytes are not there")


def inflate(raw: Any, size: int, wbits: int = ZLIB) -> bytes:
    """Inflate a whole stream of ``size`` bytes; ValueError where it has others."""
    return b"".join(inflated(raw, size, wbits))


def inflater() -> Any:
    """Make what inflates a raw stream piece by piece, as ``zlib.decompressobj`` does."""
    return _fastest().decompressobj(wbits=-zlib.MAX_WBITS)


def crc32(data: Any, value: int = 0) -> int:
    """Sum bytes up, going on from the sum of those before."""
    total: int = _fastest().crc32(data, value)
    return total


def crc32_of_both(first: int, second: int, size: int) -> int:
    """Sum up bytes whose first part sums to ``first``, and the rest, of ``size``, to ``second``.

    As polynomials over GF(2), the first sum is moved on by so many bytes: times x^(8 size).
    """
    return _times(first, _power_of_x(8 * size)) ^ second


_POLYNOMIAL, _ONE, _X = 0xEDB88320, 1 << 31, 1 << 30  # the highest bit is the lowest power


def _times(a: int, b: int) -> int:
    """Multiply two polynomials, modulo that of CRC-32."""
    product = 0
    while a:
        if a & _ONE:
            product ^= b
        a = a << 1 & 0xFFFFFFFF
        b = b >> 1 ^ (_POLYNOMIAL if b & 1 else 0)
    return product


@lru_cache(64)
def _power_of_x(exponent: int) -> int:
    power, square = _ONE, _X
    while exponent:
        if exponent & 1:
            power = _times(power, square)
        square = _times(square, square)
        exponent >>= 1
    return power
