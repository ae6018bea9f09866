"""How many frames a finished file gives when it is read.

Neither exit code 0 nor ffmpeg's own count says what reached the disk (4.2 reports all frames and
success on a full disk). Reading packets without decoding them costs some 10 ms and the bandwidth of
the disk cache, and proves the index, too.
"""

from __future__ import annotations

import re
from collections import Counter

from heatvid._encode.webp import frame_count
from heatvid._errors import AnyPath
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import file_url


def frames_in(exe: str, path: AnyPath, muxer: str, timeout_seconds: float) -> int:
    """Count the frames of a file that ``muxer`` wrote.

    Parameters
    ----------
    exe : str
        The ffmpeg program.
    path : path
    muxer : str
        ffmpeg's name of it.
    timeout_seconds : float

    Raises
    ------
    TimeoutError
        Reading it takes longer.
    """
    if muxer == "webp":  # which ffmpeg 7 cannot read
        return frame_count(path)
    # The framecrc muxer prints a line a packet on every version; 7.0 has no ``frame=`` in the
    # progress of a copy. Of an AVIF file the first stream is its first picture alone.
    command = [exe, "-v", "error", "-nostdin", "-i", file_url(path)]
    done = run([*command, "-map", "0:v", "-c", "copy", "-f", "framecrc", "-"],
               timeout_seconds=timeout_seconds)  # fmt: skip
    streams = Counter(re.findall(rb"^(\d+),", done.stdout, re.MULTILINE))
    return max(streams.values(), default=0)
