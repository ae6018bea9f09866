"""One picture out of a video, small, for a glance at it."""

from __future__ import annotations

import io
from contextlib import closing
from typing import Any

from heatvid._errors import SourceError, called
from heatvid._ffmpeg.messages import last_words
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import ffmpeg_version, file_url, usable_ffmpeg
from heatvid._video.in_process_decoder import can_decode
from heatvid._video.info import input_arguments, input_options

_SECONDS = 20.0  # for all of it
_MOST_PICTURES = 300  # decoded behind a key frame


def still(path: str, seconds: float, width: int) -> Any:
    """Decode the picture that is shown at a time, at most ``width`` pixels wide.

    Returns
    -------
    PIL.Image.Image
        In RGB.

    Raises
    ------
    SourceError
        There is none.
    MissingDependencyError
        There is no ffmpeg, nor PyAV.
    """
    found = _in_process(path, seconds, width) if can_decode() else None
    return _by_ffmpeg(path, seconds, width) if found is None else found


def _in_process(path: str, seconds: float, width: int) -> Any | None:
    """The same in this process, which takes a fifth of the time; None where it fails."""
    import av

    shown: Any
    try:
        with closing(av.open(file_url(path), options=input_options())) as container:
            stream = container.streams.video[0]
            container.seek(int(seconds * av.time_base))
            for number, shown in enumerate(container.decode(stream)):
                if number >= _MOST_PICTURES or (shown.time or 0.0) >= seconds:
                    wide = min(width, shown.width)
                    height = max(1, round(shown.height * wide / shown.width))
                    return shown.to_image(width=wide, height=height, interpolation="AREA")
    except (av.FFmpegError, OSError, ValueError, IndexError):
        pass
    return None


def _by_ffmpeg(path: str, seconds: float, width: int) -> Any:
    from PIL import Image

    exe = usable_ffmpeg()
    done = run(
        [
            exe, "-v", "error", "-nostdin", "-ss", f"{seconds:.6f}",
            *input_arguments(path, ffmpeg_version(exe)), "-frames:v", "1",
            "-vf", f"scale='min({width},iw)':-1:flags=area", "-c:v", "ppm", "-f", "image2pipe", "-",
        ],
        timeout_seconds=_SECONDS,
    )  # fmt: skip
    if not done.stdout:
        words = last_words(done.stderr.decode(errors="replace"))
        raise SourceError(f"{called(path)}: no picture at {seconds:g} s: {words}")
    return Image.open(io.BytesIO(done.stdout))
