"""What an output says of itself: the comment that its container, or each PNG file, holds."""

from __future__ import annotations

import os
import re

from heatvid._encode.png import png_comment
from heatvid._errors import AnyPath, SourceError
from heatvid._ffmpeg.messages import last_words
from heatvid._video.info import ask_ffmpeg

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
    return _of_video(path, name) if comment is None else comment


def _of_video(path: AnyPath, name: str) -> str | None:
    size = os.stat(path).st_size
    done = ask_ffmpeg(path, name, size, ["-f", "ffmetadata", "-"], "error")
    if done.returncode:
        words = last_words(done.stderr.decode(errors="replace"))
        raise SourceError(f"{name}: is neither a video nor a PNG file ({words}); {_ALLOWED}")
    text = done.stdout.decode(errors="replace")
    found = re.search(
        r"^comment=((?:\\.|[^\\\n])*)", text, re.MULTILINE | re.DOTALL | re.IGNORECASE
    )
    return re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL) if found else None
