"""What a video says of itself: the comment that its container holds, whole."""

from __future__ import annotations

import os
import re

from heatvid._errors import AnyPath, SourceError
from heatvid._ffmpeg.messages import last_words
from heatvid._video.info import ask_ffmpeg


def video_comment(path: AnyPath, name: str) -> str | None:
    """Read the comment of a video; None where it has none.

    ffmpeg's log cuts it after a thousand characters, its ffmetadata muxer does not.

    Parameters
    ----------
    path : path
        Of a file that is there.
    name : str
        Of it, for messages.

    Raises
    ------
    SourceError
        It is no video.
    """
    done = ask_ffmpeg(path, name, os.stat(path).st_size, ["-f", "ffmetadata", "-"], "error")
    if done.returncode:
        words = last_words(done.stderr.decode(errors="replace"))
        raise SourceError(f"{name}: is not a video: {words}")
    text = done.stdout.decode(errors="replace")
    found = re.search(
        r"^comment=((?:\\.|[^\\\n])*)", text, re.MULTILINE | re.DOTALL | re.IGNORECASE
    )
    return re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL) if found else None
