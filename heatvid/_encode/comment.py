"""What an output says of itself: the comment that its container, or each PNG file, holds."""

from __future__ import annotations

import os

from heatvid._encode.png import png_comment
from heatvid._errors import AnyPath, SourceError
from heatvid._video.comment import video_comment

_ALLOWED = "allowed is a video or PNG that heatvid wrote"


def read_comment(path: AnyPath, name: str) -> str | None:
    """Read the comment of a video or a PNG file; None where it has none.

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
        with open(path, "rb") as file:
            comment = png_comment(file)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise error if isinstance(error, SourceError) else SourceError(f"{name}: {why}") from error
    if comment is not None:
        return comment
    try:
        return video_comment(path, name)
    except SourceError as error:
        raise SourceError(f"{error}; {_ALLOWED}") from error
