"""TIFF: one frame's bytes, losslessly, in one strip."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from heatvid._canvas import Canvas
from heatvid._encode.marks import mark_of
from heatvid._frames import Bytes

_SHORT, _LONG, _TEXT = 3, 4, 2  # types of values
_BLACK_IS_ZERO, _RGB = 1, 2
_DEFLATE, _DIFFERENCES, _SEE_THROUGH = 8, 2, 2


def tiff_chunks(frame: Bytes, canvas: Canvas, number: int) -> Iterator[bytes]:
    """Yield the TIFF file of one frame in pieces, as its description, Adobe's TIFF 6.0, has it.

    Parameters
    ----------
    frame : ndarray, shape (canvas.frame_bytes,) uint8
    canvas : Canvas
        ``rgb24``, ``rgba``, ``gray`` or ``gray16le``.
    number : int
        The frame's number, which the file holds as text.
    """
    channels = 1 if canvas.is_gray else 3 + canvas.has_alpha
    strip = zlib.compress(_differences(frame, canvas, channels).tobytes(), 1)
    software = mark_of(number) + b"\0"
    entries = [
        (256, _LONG, [canvas.width]),
        (257, _LONG, [canvas.height]),
        (258, _SHORT, [canvas.bits] * channels),
        (259, _SHORT, [_DEFLATE]),
        (262, _SHORT, [_BLACK_IS_ZERO if canvas.is_gray else _RGB]),
        (273, _LONG, [8]),  # where the strip begins
        (277, _SHORT, [channels]),
        (278, _LONG, [canvas.height]),
        (279, _LONG, [len(strip)]),
        (305, _TEXT, list(software)),
        (317, _SHORT, [_DIFFERENCES]),
        *([(338, _SHORT, [_SEE_THROUGH])] if canvas.has_alpha else []),
    ]
    padding = len(strip) % 2
    yield struct.pack("<2sHI", b"II", 42, 8 + len(strip) + padding)
    yield strip + bytes(padding)
    yield _directory(entries, 8 + len(strip) + padding)


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
