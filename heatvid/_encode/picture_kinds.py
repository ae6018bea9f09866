"""The kinds of pictures that are written one a file, each a row by its suffix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from heatvid._canvas import Canvas
from heatvid._encode.exr import exr_chunks
from heatvid._encode.pillow import jpeg_chunks, webp_chunks
from heatvid._encode.png import png_chunks
from heatvid._encode.tiff import tiff_chunks
from heatvid._frames import Bytes


class PictureKind(NamedTuple):
    """A kind of picture.

    Attributes
    ----------
    name : str
    formats : tuple of str
        Pixel formats of a canvas that it takes.
    largest : int
        Pixels that a side may have.
    lossy, exact : bool
        Whether it can lose levels, and whether it can keep all.
    """

    name: str
    formats: tuple[str, ...]
    largest: int
    lossy: bool
    exact: bool


_JPEG = PictureKind("JPEG", ("rgb24",), 65500, lossy=True, exact=False)
_TIFF = PictureKind("TIFF", ("gray16le", "gray", "rgb24", "rgba"), 1 << 20, False, exact=True)
PICTURES = {
    ".png": PictureKind("PNG", ("rgb24", "rgba", "gray", "gray16le"), 65535, False, exact=True),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".webp": PictureKind("WebP", ("rgb24", "rgba"), 16383, lossy=True, exact=True),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".exr": PictureKind("OpenEXR", ("grayf32le",), 1 << 20, False, exact=True),
}


def picture_chunks(
    suffix: str,
    frame: Bytes,
    canvas: Canvas,
    number: int,
    levels: float | None,
    exact: bool,
    comment: str = "",
) -> Iterator[bytes]:
    """The file of one frame in pieces.

    Parameters
    ----------
    suffix : str
        A key of ``PICTURES``.
    frame : ndarray, shape (canvas.frame_bytes,) uint8
    canvas : Canvas
    number : int
        The frame's number, which the file says.
    levels : float or None
        About by how much pixels of a lossy kind may be off.
    exact : bool
        Whether every level is kept.
    comment : str
        What else it says, in ASCII: see :func:`heatvid._encode.comment.read_comment`.
    """
    given = frame, canvas, number, comment
    if suffix == ".png":
        return png_chunks(*given)
    if suffix == ".exr":
        return exr_chunks(*given)
    if suffix == ".webp":
        return webp_chunks(*given, levels, exact=exact)
    if suffix in (".jpg", ".jpeg"):
        return jpeg_chunks(*given, levels)
    return tiff_chunks(*given)
