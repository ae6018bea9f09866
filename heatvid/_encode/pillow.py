"""JPEG and WebP: one frame's bytes, by Pillow."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from math import log2
from typing import TYPE_CHECKING

from heatvid._canvas import Canvas
from heatvid._encode.marks import mark_of
from heatvid._frames import Bytes

if TYPE_CHECKING:
    from PIL.Image import Image

_USUAL_LEVELS = 1.0
_AT_ONE, _PER_DOUBLING = 95, -10  # of both scales, 0 to 100


def jpeg_chunks(
    frame: Bytes, canvas: Canvas, number: int, levels: float | None = None
) -> Iterator[bytes]:
    """Yield the JPEG file of one frame, with colour at every pixel.

    Parameters
    ----------
    frame : ndarray, shape (canvas.frame_bytes,) uint8
    canvas : Canvas
        ``rgb24``.
    number : int
        The frame's number, which the file holds as a comment.
    levels : float or None
        About by how much pixels may be off; None for what looks the same.
    """
    file = BytesIO()
    _image(frame, canvas).save(file, "JPEG", quality=_quality(levels), subsampling=0)
    data, text = file.getvalue(), mark_of(number)
    after = 4 + int.from_bytes(data[4:6], "big")  # the first segment, JFIF's
    yield data[:after] + b"\xff\xfe" + struct.pack(">H", 2 + len(text)) + text + data[after:]


def webp_chunks(
    frame: Bytes, canvas: Canvas, number: int, levels: float | None = None, *, exact: bool = False
) -> Iterator[bytes]:
    """Yield the WebP file of one frame.

    Parameters
    ----------
    frame, number, levels
        As of :func:`jpeg_chunks`.
    canvas : Canvas
        ``rgb24`` or ``rgba``.
    exact : bool
        Whether every level is kept.
    """
    file = BytesIO()
    _image(frame, canvas).save(
        file, "WEBP", quality=75 if exact else _quality(levels), lossless=exact, exact=exact,
        xmp=mark_of(number),
    )  # fmt: skip
    yield file.getvalue()


def _image(frame: Bytes, canvas: Canvas) -> Image:
    from PIL import Image

    return Image.fromarray(frame.reshape(canvas.height, canvas.width, 3 + canvas.has_alpha))


def _quality(levels: float | None) -> int:
    return round(min(max(_AT_ONE + _PER_DOUBLING * log2(levels or _USUAL_LEVELS), 1), 100))
