"""JPEG and WebP: one frame's bytes, by Pillow."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from math import log2
from typing import TYPE_CHECKING, BinaryIO

from heatvid._canvas import Canvas
from heatvid._encode.marks import mark_of
from heatvid._encode.tiff import exif_of
from heatvid._frames import Bytes

if TYPE_CHECKING:
    from PIL.Image import Image

_JPEG_BEGIN, _JPEG_COMMENT, _JPEG_PIXELS = b"\xff\xd8", b"\xff\xfe", b"\xff\xda"
_USUAL_LEVELS = 1.0
_AT_ONE, _PER_DOUBLING = 95, -10  # of both scales, 0 to 100


def jpeg_chunks(
    frame: Bytes, canvas: Canvas, number: int, comment: str = "", levels: float | None = None
) -> Iterator[bytes]:
    """Yield the JPEG file of one frame, with colour at every pixel.

    Parameters
    ----------
    frame : ndarray, shape (canvas.frame_bytes,) uint8
    canvas : Canvas
        ``rgb24``.
    number : int
        The frame's number, which the file holds as a comment.
    comment : str
        What else it says, in ASCII.
    levels : float or None
        About by how much pixels may be off; None for what looks the same.
    """
    file = BytesIO()
    _image(frame, canvas).save(file, "JPEG", quality=_quality(levels), subsampling=0)
    data, texts = file.getvalue(), [mark_of(number)]
    if comment:
        texts.append(comment.encode("ascii"))
    after = 4 + int.from_bytes(data[4:6], "big")  # the first segment, JFIF's
    said = [_JPEG_COMMENT + struct.pack(">H", 2 + len(text)) + text for text in texts]
    yield data[:after] + b"".join(said) + data[after:]


def jpeg_comment(file: BinaryIO) -> str | None:
    """The last comment before the pixels, empty without one; None where it is no JPEG file."""
    if file.read(2) != _JPEG_BEGIN:
        return None
    found = b""
    while len(head := file.read(4)) == 4 and head[:1] == b"\xff" and head[:2] != _JPEG_PIXELS:
        text = file.read(max(int.from_bytes(head[2:], "big") - 2, 0))
        found = text if head[:2] == _JPEG_COMMENT else found
    return found.decode("latin-1")


def webp_chunks(
    frame: Bytes,
    canvas: Canvas,
    number: int,
    comment: str = "",
    levels: float | None = None,
    *,
    exact: bool = False,
) -> Iterator[bytes]:
    """Yield the WebP file of one frame.

    Parameters
    ----------
    frame, number, comment, levels
        As of :func:`jpeg_chunks`.
    canvas : Canvas
        ``rgb24`` or ``rgba``.
    exact : bool
        Whether every level is kept.
    """
    file = BytesIO()
    _image(frame, canvas).save(
        file, "WEBP", quality=75 if exact else _quality(levels), lossless=exact, exact=exact,
        exif=exif_of(comment) if comment else b"", xmp=mark_of(number),
    )  # fmt: skip
    yield file.getvalue()


def _image(frame: Bytes, canvas: Canvas) -> Image:
    from PIL import Image

    return Image.fromarray(frame.reshape(canvas.height, canvas.width, 3 + canvas.has_alpha))


def _quality(levels: float | None) -> int:
    return round(min(max(_AT_ONE + _PER_DOUBLING * log2(levels or _USUAL_LEVELS), 1), 100))
