"""PNG: one frame's bytes, losslessly, a band of rows at a time."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from heatvid._canvas import Canvas
from heatvid._encode.marks import mark_of
from heatvid._frames import Bytes

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP = 2  # the filter that takes each byte's difference to the one above
_BITS_AND_COLOR = {"rgb24": (8, 2), "rgba": (8, 6), "gray": (8, 0), "gray16le": (16, 0)}
_SRGB = (b"sRGB", b"\0")  # perceptual
_BAND_BYTES = 256 << 10
_SOFTWARE = b"Software\0"  # a keyword that PNG knows, before its text
_COMMENT = b"Comment\0"
_MOST_COMMENT = 64 << 10


def png_chunks(frame: Bytes, canvas: Canvas, number: int, comment: str = "") -> Iterator[bytes]:
    """Yield the PNG file of one frame in pieces.

    One filter for all rows and zlib's run lengths: 35 to 57 ms a 1080p RGB frame, 37 ms of 16-bit
    gray, on one core, where ffmpeg's default takes 190 to 390 and its fastest 65 to 115. Files
    are as large as at level 1, except smooth 16-bit gray, which level 1 makes a third smaller
    in up to 3.5 times the time.

    Parameters
    ----------
    frame : ndarray, shape (canvas.frame_bytes,) uint8
    canvas : Canvas
        ``rgb24``, ``rgba``, ``gray``, or ``gray16le``, stored big endian as PNG wants it.
    number : int
        The frame's number, which the file holds as text.
    comment : str
        What else it says, in ASCII: see :func:`png_comment`.
    """
    bits, color = _BITS_AND_COLOR[canvas.pixel_format]
    header = struct.pack(">IIBBBBB", canvas.width, canvas.height, bits, color, 0, 0, 0)
    yield _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"tEXt", _SOFTWARE + mark_of(number))
    if comment:
        yield _chunk(b"tEXt", _COMMENT + comment.encode("ascii"))
    if not canvas.is_gray:
        yield _chunk(*_SRGB)
    deflate = zlib.compressobj(1, strategy=zlib.Z_RLE)
    for band in _filtered_bands(frame.reshape(canvas.height, -1), bits // 8):
        if data := deflate.compress(band.data):
            yield _chunk(b"IDAT", data)
    yield _chunk(b"IDAT", deflate.flush())
    yield _chunk(b"IEND", b"")


def png_comment(file: BinaryIO) -> str | None:
    """The comment of a PNG file, empty without one; None where it is no PNG file."""
    if file.read(len(_SIGNATURE)) != _SIGNATURE:
        return None
    while len(head := file.read(8)) == 8:
        length = int.from_bytes(head[:4], "big")
        text = file.read(min(length, _MOST_COMMENT))
        if head[4:] == b"tEXt" and text.startswith(_COMMENT):
            return text.removeprefix(_COMMENT).decode("latin-1")
        file.seek(length - len(text) + 4, os.SEEK_CUR)
    return ""


def end_with_comment(file: BinaryIO, text: bytes) -> None:
    """Let a finished file say a text, behind its pixels."""
    end = _chunk(b"IEND", b"")
    file.seek(-len(end), os.SEEK_END)
    file.write(_chunk(b"tEXt", _COMMENT + text) + end)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def _filtered_bands(rows: Bytes, sample_bytes: int) -> Iterator[Bytes]:
    """Filter ``rows``, shape (H, row_bytes) little endian; each band is valid until the next."""
    height, row_bytes = rows.shape
    step = max(1, _BAND_BYTES // row_bytes)
    filtered = np.empty((min(step, height), 1 + row_bytes), np.uint8)
    filtered[:, 0] = _UP
    difference = np.empty((len(filtered), row_bytes), np.uint8)
    for top in range(0, height, step):
        band = rows[top : top + step]
        out = difference[: len(band)]
        above = rows[top - 1] if top else np.uint8(0)
        np.subtract(band[0], above, out=out[0])
        np.subtract(band[1:], band[:-1], out=out[1:])
        if sample_bytes == 2:
            out.view(np.uint16).byteswap(inplace=True)
        filtered[: len(band), 1:] = out
        yield filtered[: len(band)]
