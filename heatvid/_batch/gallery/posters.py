"""The poster of an output: its middle frame, small, in a file of its own beside the job's mark."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from heatvid._batch import marks
from heatvid._encode.containers import are_pictures, is_page, suffix_of
from heatvid._video.still import still

WIDTH = 192
_SUFFIX = ".poster.webp"
_QUALITY = 68
MOVING = (".gif", ".apng", ".webp", ".avif")  # outputs that are pictures to a browser
_MOST_PICTURES = 48  # of moving ones, which decode from their begin


def make_poster(
    output: str, frames: int, fps: str, colored: Callable[[], Any] | None = None
) -> None:
    """Write an output's poster; where there can be none, the output is whole all the same.

    Parameters
    ----------
    output : str
    frames : int
    fps : str
    colored : callable, optional
        Gives the picture of an output that holds values, not colours.
    """
    with contextlib.suppress(Exception):
        if is_page(output) or suffix_of(output) == ".exr":
            picture = colored() if colored is not None else None
        else:
            picture = _middle(output, frames, float(Fraction(fps)))
        if picture is None:
            return
        poster = _small(picture)
        path = poster_path(output)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(f"{path}.new", "wb") as file:
            file.write(poster)
        os.replace(f"{path}.new", path)


def poster_path(output: str) -> str:
    """Where the poster of an output lies, if there is one."""
    return marks.path_of(output, _SUFFIX)


def has_poster(output: str) -> bool:
    """Whether there is a poster that was made of the output as it is now."""
    with contextlib.suppress(OSError, IndexError):
        made = os.stat(poster_path(output)).st_mtime
        return made >= os.stat(marks.files_of(output)[-1]).st_mtime
    return False


def _middle(output: str, frames: int, rate: float) -> Any:
    """The middle frame as Pillow has it."""
    from PIL import Image

    if are_pictures(output):
        files = marks.files_of(output)
        return Image.open(files[len(files) // 2])
    if suffix_of(output) in MOVING:
        picture = Image.open(output)
        picture.seek(min(getattr(picture, "n_frames", 1) // 2, _MOST_PICTURES))
        return picture
    return still(output, (frames // 2) / rate, WIDTH)


def _small(picture: Any) -> bytes:
    """A picture as a poster's file; it is closed."""
    out = io.BytesIO()
    with picture:
        small = picture.convert("RGB")
    small.thumbnail((WIDTH, 4 * WIDTH))
    small.save(out, "WEBP", quality=_QUALITY)
    return out.getvalue()
