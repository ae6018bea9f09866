"""OpenEXR: one frame's values as they are, losslessly, sixteen rows at a time."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from heatvid._canvas import Canvas
from heatvid._encode.marks import mark_of
from heatvid._frames import Bytes

_BEGIN = b"v/1\x01\x02\0\0\0"  # of a single part of rows, in version 2
_FLOAT, _ZIP = 2, 3
_COMMENT = b"heatvid"  # an attribute of our own, behind all others
_MOST_HEADER = 64 << 10
_ROWS = 16  # of a block, with that compression


def exr_chunks(frame: Bytes, canvas: Canvas, number: int, comment: str = "") -> Iterator[bytes]:
    """Yield the OpenEXR file of one frame in pieces, as openexr.com's file layout has it.

    Parameters
    ----------
    frame : ndarray, shape (canvas.frame_bytes,) uint8
    canvas : Canvas
        ``grayf32le``; stored as luminance, the channel Y.
    number : int
        The frame's number, which the file holds as text.
    comment : str
        What else it says, in ASCII: see :func:`exr_comment`.
    """
    head = _header(canvas, number, comment)
    rows = frame.reshape(canvas.height, -1)
    blocks = [_block(rows[top : top + _ROWS], top) for top in range(0, canvas.height, _ROWS)]
    at, offsets = len(head) + 8 * len(blocks), []
    for block in blocks:
        offsets.append(at)
        at += len(block)
    yield head + struct.pack(f"<{len(offsets)}Q", *offsets)
    yield from blocks


def exr_comment(file: BinaryIO) -> str | None:
    """The comment in a file's header, empty without one; None where it is no OpenEXR file."""
    head = file.read(_MOST_HEADER)
    if not head.startswith(_BEGIN[:4]):
        return None
    _, found, text = head.partition(_COMMENT + b"\0string\0")
    length = int.from_bytes(text[:4], "little")
    return text[4 : 4 + length].decode("latin-1") if found else ""


def _header(canvas: Canvas, number: int, comment: str) -> bytes:
    window = struct.pack("<4i", 0, 0, canvas.width - 1, canvas.height - 1)
    channels = b"Y\0" + struct.pack("<iB3xii", _FLOAT, 0, 1, 1) + b"\0"
    attributes = (
        (b"channels", b"chlist", channels),
        (b"comments", b"string", mark_of(number)),
        (b"compression", b"compression", bytes([_ZIP])),
        (b"dataWindow", b"box2i", window),
        (b"displayWindow", b"box2i", window),
        (b"lineOrder", b"lineOrder", b"\0"),
        (b"pixelAspectRatio", b"float", struct.pack("<f", 1.0)),
        (b"screenWindowCenter", b"v2f", struct.pack("<2f", 0.0, 0.0)),
        (b"screenWindowWidth", b"float", struct.pack("<f", 1.0)),
        *(((_COMMENT, b"string", comment.encode("ascii")),) if comment else ()),
    )
    parts = [
        name + b"\0" + kind + b"\0" + struct.pack("<i", len(data)) + data
        for name, kind, data in attributes
    ]
    return _BEGIN + b"".join(parts) + b"\0"


def _block(rows: Bytes, top: int) -> bytes:
    """Rows as the format compresses them: bytes of even places first, then each less the last."""
    plain = rows.reshape(-1)
    apart = np.concatenate([plain[::2], plain[1::2]])
    differences = apart.copy()
    differences[1:] -= apart[:-1]
    differences[1:] += np.uint8(128)
    data = zlib.compress(differences.tobytes(), 1)
    if len(data) >= plain.size:
        data = plain.tobytes()
    return struct.pack("<2i", top, len(data)) + data
