"""TIFF: one frame's bytes, losslessly, in one strip."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from heatvid._canvas import Canvas
from heatvid._encode.marks import mark_of
from heatvid._frames import Bytes

_BEGIN = b"II*\0"  # little endian
_DESCRIPTION = 270
_MOST_COMMENT = 64 << 10
_SHORT, _LONG, _TEXT = 3, 4, 2  # types of values
_BLACK_IS_ZERO, _RGB = 1, 2
_DEFLATE, _DIFFERENCES, _SEE_THROUGH = 8, 2, 2


def tiff_chunks(frame: Bytes, canvas: Canvas, number: int, comment: str = "") -> Iterator[bytes]:
    """Yield the TIFF file of one frame in pieces, as its description, Adobe's TIFF 6.0, has it.

    Parameters
    ----------
    frame : ndarray, shape (canvas.frame_bytes,) uint8
    canvas : Canvas
        ``rgb24``, ``rgba``, ``gray`` or ``gray16le``.
    number : int
        The frame's number, which the file holds as text.
    comment : str
        What else it says, in ASCII, as the picture's description.
    """
    channels = 1 if canvas.is_gray else 3 + canvas.has_alpha
    strip = zlib.compress(_differences(frame, canvas, channels).tobytes(), 1)
    entries = [
        (256, _LONG, [canvas.width]),
        (257, _LONG, [canvas.height]),
        (258, _SHORT, [canvas.bits] * channels),
        (259, _SHORT, [_DEFLATE]),
        (262, _SHORT, [_BLACK_IS_ZERO if canvas.is_gray else _RGB]),
        *_description(comment),
        (273, _LONG, [8]),  # where the strip begins
        (277, _SHORT, [channels]),
        (278, _LONG, [canvas.height]),
        (279, _LONG, [len(strip)]),
        (305, _TEXT, [*mark_of(number), 0]),  # the last text, at the end of the file
        (317, _SHORT, [_DIFFERENCES]),
        *([(338, _SHORT, [_SEE_THROUGH])] if canvas.has_alpha else []),
    ]
    padding = len(strip) % 2
    yield _BEGIN + struct.pack("<I", 8 + len(strip) + padding)
    yield strip + bytes(padding)
    yield _directory(entries, 8 + len(strip) + padding)


def tiff_comment(file: BinaryIO) -> str | None:
    """The description of a picture, empty without one; None where it is no TIFF file of ours."""
    head = file.read(8)
    if not head.startswith(_BEGIN):
        return None
    file.seek(int.from_bytes(head[4:], "little"))
    for _ in range(int.from_bytes(file.read(2), "little")):
        entry = file.read(12)
        if int.from_bytes(entry[:2], "little") == _DESCRIPTION:
            count, at = (int.from_bytes(entry[i : i + 4], "little") for i in (4, 8))
            file.seek(at)
            return file.read(min(count, _MOST_COMMENT)).rstrip(b"\0").decode("latin-1")
    return ""


def exif_of(comment: str) -> bytes:
    """A description as EXIF has it: a TIFF file without a picture."""
    return _BEGIN + struct.pack("<I", 8) + _directory(_description(comment), 8)


def _description(comment: str) -> list[tuple[int, int, list[int]]]:
    return [(_DESCRIPTION, _TEXT, [*comment.encode("ascii"), 0])] if comment else []


def _differences(frame: Bytes, canvas: Canvas, channels: int) -> np.ndarray:
    """Each sample less the one to its left."""
    samples = frame.view("<u2" if canvas.bits == 16 else np.uint8)
    rows = samples.reshape(canvas.height, canvas.width, channels)
    out = rows.copy()
    out[:, 1:] -= rows[:, :-1]
    return out


def _directory(entries: list[tuple[int, int, list[int]]], at: int) -> bytes:
    """What says how the strip is to be read, and what does not fit in its entries behind it."""
    head, tail = struct.pack("<H", len(entries)), b""
    behind = at + 2 + 12 * len(entries) + 4
    for tag, kind, values in entries:
        code = {_SHORT: "H", _LONG: "I", _TEXT: "B"}[kind]
        data = struct.pack(f"<{len(values)}{code}", *values)
        head += struct.pack("<HHI", tag, kind, len(values))
        if len(data) <= 4:
            head += data.ljust(4, b"\0")
        else:
            head += struct.pack("<I", behind + len(tail))
            tail += data + bytes(len(data) % 2)
    return head + bytes(4) + tail
