"""Where decoding begins, so that a picture far in is reached from the key frame before it.

What a seek finds is not to be trusted: containers call pictures keys after which others are not
whole (x264's ``intra-refresh``), and leading pictures of open groups cannot be decoded. So what
comes first is looked at, its time and the decoder's complaints; where they are not as they should
be, decoding begins with the first picture of all.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from heatvid._ffmpeg.process import run, stall_seconds
from heatvid._ffmpeg.program import ffmpeg_version, passthrough
from heatvid._video.info import VideoInfo, input_arguments, parse_framecrc

REORDERED = 16  # pictures that may be decoded before one that is shown before them


class Jump(NamedTuple):
    """A way to a picture that is not the first, in seconds after the first.

    Attributes
    ----------
    early : Fraction
        Just before a picture that comes so much earlier that its key frame is in time for all.
    late : Fraction
        Just before the picture itself, after the one before it.
    picture : Fraction
        When the picture is shown.
    """

    early: Fraction
    late: Fraction
    picture: Fraction


class Way(NamedTuple):
    """How ffmpeg gets to a picture: options of its input, and the filters that come first."""

    options: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()


def jump_to(info: VideoInfo, picture: int) -> Jump | None:
    """Find a way to a picture; None where the first one is the place to begin at."""
    times, early = info.times, picture - REORDERED
    if early < 1 or not info.indexed or len(times) != info.frames or picture >= info.frames:
        return None
    if not times[early - 1] < times[early] <= times[picture - 1] < times[picture]:
        return None
    first, unit = times[0], info.time_base
    return Jump(
        (times[early - 1] + times[early] - 2 * first) * unit / 2,
        (times[picture - 1] + times[picture] - 2 * first) * unit / 2,
        (times[picture] - first) * unit,
    )


def way_to(exe: str, info: VideoInfo, picture: int) -> Way:
    """Find what makes a picture the first that the program ``exe`` gives."""
    jump = jump_to(info, picture)
    if jump is not None:
        begin = float(info.times[0] * info.time_base + jump.early)
        way = Way(  # times are counted from there on
            ("-noaccurate_seek", "-ss", f"{begin:.6f}"),
            (f"trim=start={float(jump.late - jump.early):.6f}",),
        )
        if _leads_there(exe, info, way, jump):
            return way
    return Way(filters=(f"trim=start_frame={picture}",) if picture else ())


def _leads_there(exe: str, info: VideoInfo, way: Way, jump: Jump) -> bool:
    """Whether the picture comes first, and nothing is said to be missing."""
    version = ffmpeg_version(exe)
    own_units = ("-enc_time_base", "demux" if version >= (7,) else "-1")
    command = [
        *(exe, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-xerror"),
        *way.options,
        *input_arguments(info.path, version),
        *("-map", "0:V:0", "-vf", *way.filters, "-frames:v", "1", *passthrough(version)),
        *("-c:v", "wrapped_avframe", *own_units, "-f", "framecrc", "-"),
    ]
    try:
        done = run(command, timeout_seconds=stall_seconds())
    except TimeoutError:
        return False
    base, pictures = parse_framecrc(done.stdout)
    if done.returncode or done.stderr or not pictures:
        return False
    at = jump.early + pictures[0].pts * base
    return abs(at - jump.picture) < jump.picture - jump.late
