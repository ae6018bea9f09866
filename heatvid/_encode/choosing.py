"""Which encoder writes an output: the first row that is there and takes its frames."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from heatvid._canvas import Canvas
from heatvid._encode.codecs import CODECS, Codec
from heatvid._encode.containers import CONTAINERS, encodings
from heatvid._errors import MissingDependencyError, OptionError
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import ffmpeg_version, usable_ffmpeg

VALUES = ("gray", "gray12le", "gray16le")  # always stored exactly


def able(suffix: str, name: str | None, canvas: Canvas, lossless: bool) -> list[Codec]:
    """The software encoders that can write such frames, by preference.

    Parameters
    ----------
    suffix : str
        Of the output; a key of ``CONTAINERS``.
    name : str or None
        The codec that is asked for; None for the container's usual one.
    canvas : Canvas
    lossless : bool

    Raises
    ------
    OptionError
        There is none: the container does not take the codec, or the codec not the frames.
    """
    container = CONTAINERS[suffix]
    lossless = lossless or canvas.is_gray or canvas.has_palette
    usual = container.lossless if lossless else container.codecs[:1]
    if lossless and not usual:
        raise OptionError(_inexact(suffix))
    if canvas.has_alpha and not container.alpha:
        kept = ", ".join(each for each, row in CONTAINERS.items() if row.alpha)
        raise OptionError(f"{suffix} drops an alpha in silence; allowed for it are {kept}")
    if canvas.is_gray:  # what other codecs make of values, few players show
        usual = tuple(each for each in usual if each in ("ffv1", "apng"))
    if canvas.has_alpha:  # which few of them keep
        usual = container.lossless if lossless else container.codecs
    if name is not None and name not in container.codecs:
        raise OptionError(
            f"codec is {name} in {suffix}; allowed there are {', '.join(container.codecs)}"
        )
    asked = (name,) if name else usual
    rows = {each: [r for r in CODECS if r.name == each and not r.hardware] for each in asked}
    fitting = {
        each: [row for row in found if canvas.pixel_format in row.formats(lossless)]
        for each, found in rows.items()
    }
    for found in fitting.values():
        if sized := [row for row in found if row.takes(canvas)]:
            return sized
    if any(fitting.values()):
        raise OptionError(_no_size([row for found in fitting.values() for row in found], canvas))
    every = [row for found in rows.values() for row in found]
    raise OptionError(_no_format(suffix, name, every, canvas, lossless))


def present(rows: Sequence[Codec]) -> Codec:
    """The first of the encoders that this ffmpeg has; it is asked where there are several.

    Raises
    ------
    MissingDependencyError
        It has none; says what it can write.
    """
    if len({row.encoder for row in rows}) == 1 and not any(row.since for row in rows):
        return rows[0]
    exe = usable_ffmpeg()
    encoders = listed_encoders(exe) or {rows[0].encoder}
    for row in rows:
        if row.encoder in encoders and row.since <= ffmpeg_version(exe):
            return row
    names = " or ".join(dict.fromkeys(row.encoder + _from(row.since) for row in rows))
    raise MissingDependencyError(f"this ffmpeg has no encoder {names}; {alternatives()}")


def _from(since: tuple[int, ...]) -> str:
    return f" (from ffmpeg {'.'.join(map(str, since))} on)" if since else ""


@lru_cache(maxsize=8)
def listed_encoders(exe: str) -> frozenset[str]:
    """What ``exe`` says that it can encode video with; nothing where it does not answer."""
    try:
        listed = run([exe, "-hide_banner", "-encoders"], timeout_seconds=30).stdout
    except (TimeoutError, ValueError):
        return frozenset()
    return frozenset(re.findall(r"^ V\S+ (\S+)", listed.decode(errors="replace"), re.MULTILINE))


def alternatives() -> str:
    """What can be done where an encoder is missing."""
    other = "pip install imageio-ffmpeg brings one that has it"
    if possible := encodings(set(listed_encoders(usable_ffmpeg()))):
        return f"it can write {', '.join(possible)}; {other}"
    return other


def _no_format(
    suffix: str, name: str | None, rows: Sequence[Codec], canvas: Canvas, lossless: bool
) -> str:
    asked = canvas.pixel_format
    allowed = sorted({each for row in rows for each in row.formats(lossless)} - set(VALUES))
    what = f"{name or CONTAINERS[suffix].codecs[0]} in {suffix}"
    if canvas.is_gray:
        return (
            f"pixel format is {asked} in {suffix}; allowed for it are .mkv (FFV1), .apng and .png "
            "(numbered pictures, frames/%05d.png)"
        )
    if asked == "rgb24" and not lossless and allowed and CONTAINERS[suffix].lossless:
        return "pixel format is rgb24 without lossless; use lossless=True (--lossless), or yuv420p"
    if not allowed:
        if lossless:
            return f"lossless: {what} cannot do it; allowed are {_exact(suffix)}"
        return f"{what} without lossless; it is always that: use lossless=True (--lossless)"
    how = " lossless" if lossless else ""
    return f"pixel format is {asked} for {what}{how}; allowed are {', '.join(allowed)}"


def _inexact(suffix: str) -> str:
    exact = [own for own, container in CONTAINERS.items() if container.lossless]
    return f"lossless: {suffix} does not show every level; allowed are {', '.join(exact)} and .png"


def _exact(suffix: str) -> str:
    return ", ".join(CONTAINERS[suffix].lossless) + f" in {suffix}"


def _no_size(rows: Sequence[Codec], canvas: Canvas) -> str:
    smallest, largest = min(row.smallest for row in rows), max(row.largest for row in rows)
    longest, thin = max(canvas.height, canvas.width), max(row.thin for row in rows)
    takes = f"up to {largest}" if longest > largest else f"from {smallest}"
    if thin < longest <= largest and min(canvas.height, canvas.width) < 4:
        takes = f"from 4, or up to {thin},"
    return (
        f"size is {canvas.width}x{canvas.height}; {rows[0].encoder} takes {takes} pixels each way; "
        "show another part of the field, or choose another codec"
    )
