"""What an output says of itself: the comment that its container, or each picture, holds."""

from __future__ import annotations

import os

from heatvid._encode.appended import avif_comment, gif_comment
from heatvid._encode.exr import exr_comment
from heatvid._encode.page.record import page_comment
from heatvid._encode.pillow import jpeg_comment
from heatvid._encode.png import png_comment
from heatvid._encode.tiff import tiff_comment
from heatvid._encode.webp import webp_comment
from heatvid._errors import AnyPath, SourceError
from heatvid._video.comment import video_comment

_ALLOWED = "allowed is a video or picture that heatvid wrote"
# Of a file that is not of its kind each says None.
_PICTURES = (
    png_comment, jpeg_comment, webp_comment, tiff_comment, exr_comment, gif_comment, avif_comment,
    page_comment,
)  # fmt: skip


def read_comment(path: AnyPath, name: str) -> str | None:
    """Read the comment of a video or a picture; None or empty where it has none.

    Parameters
    ----------
    path : path
    name : str
        Of it, for messages.

    Raises
    ------
    SourceError
        It cannot be read, or is neither.
    """
    try:
        if not os.path.isfile(path):
            raise SourceError(f"{name}: is no file; {_ALLOWED}")
        comment = _of_picture(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise error if isinstance(error, SourceError) else SourceError(f"{name}: {why}") from error
    if comment is not None:
        return comment
    try:
        return video_comment(path, name)
    except SourceError as error:
        raise SourceError(f"{error}; {_ALLOWED}") from error


def _of_picture(path: AnyPath) -> str | None:
    """The comment of a picture, moving or not; None where it is none."""
    with open(path, "rb") as file:
        for read in _PICTURES:
            file.seek(0)
            comment = read(file)
            if comment is not None:
                return comment
    return None
