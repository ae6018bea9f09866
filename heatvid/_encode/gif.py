"""GIF: one palette of 256 colours for all frames, found once the last of them is known.

Frames whose colours a palette holds go in as they are, and are exact. Others are kept without loss
meanwhile, in a file of their own, while their colours are counted; then ffmpeg reads them once
more. Memory does not grow with their number.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace
from fractions import Fraction

import numpy as np

from heatvid._canvas import Canvas
from heatvid._encode.gif_colors import MOST, Colors, coarse
from heatvid._encode.settings import OutputSettings
from heatvid._encode.steps import StepError
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import file_url
from heatvid._frames import Bytes

_TICKS = 100  # a second, which times are counted in
_PIXELS_PER_SECOND = 20_000  # that are given a colour: a tenth of what a busy machine does
_LARGE_BYTES = 50_000_000
_BY_DEFLATE = 1.3  # bytes of GIF's compression to those of zlib's fastest, of fields
_LARGEST_OF_H264 = 16384


def needs_palette(settings: OutputSettings) -> bool:
    """Whether frames in RGB are to become a GIF."""
    return settings.suffix == ".gif" and not settings.canvas.has_palette


def kept_meanwhile(settings: OutputSettings) -> OutputSettings:
    """How frames are kept until their palette is known: without loss, and fast."""
    canvas = settings.canvas
    codec = "h264" if max(canvas.height, canvas.width) <= _LARGEST_OF_H264 else "ffv1"
    return replace(
        settings, output="frames.mkv", codec=codec, lossless=True, preset="ultrafast", loop=0,
        dither=None,
    )  # fmt: skip


def palette_bytes(palette: bytes) -> bytes:
    """A palette, red, green and blue of each colour, as ffmpeg's pal8 has it."""
    rgb = np.frombuffer(palette, np.uint8).reshape(-1, 3)
    entries = np.zeros((MOST, 4), np.uint8)
    entries[:, 3] = 255
    entries[: len(rgb), :3] = rgb[:, ::-1]
    return entries.tobytes()


def add_palette(
    exe: str, settings: OutputSettings, frames: str, count: int, colors: Colors, *,
    patience_seconds: float, out: str,
) -> None:  # fmt: skip
    """Write ``count`` kept frames to ``out`` as a GIF of a palette that holds or fits their colors.

    Raises
    ------
    StepError
        ffmpeg failed.
    TimeoutError
        It did not end in time.
    """
    pixels = count * settings.canvas.height * settings.canvas.width
    # A file of its own would have to be cleared away; standard input is closed to all steps.
    entries = base64.b64encode(palette_bytes(colors.palette())).decode()
    given = f"data:application/octet-stream;base64,{entries}"
    dither = settings.dither or "none"
    # The time goes by how many colours there are, of which those counted as one are shown as one;
    # where errors are handed on, there are as many again.
    alike = coarse() if colors.too_many and dither in ("none", "bayer") else "null"
    done = run(
        [exe, "-hide_banner", "-nostdin", "-nostats", "-v", "warning", "-xerror",
         "-i", file_url(frames), "-f", "rawvideo", "-pix_fmt", "bgra", "-s", "16x16", "-i", given,
         "-lavfi", f"[0:v]{alike}[frames];[frames][1:v]paletteuse=dither={dither}",
         "-loop", str(plays_as_loop(settings.loop)), "-f", "gif", "-y", file_url(out)],
        timeout_seconds=patience_seconds + pixels / _PIXELS_PER_SECOND,
    )  # fmt: skip
    if done.returncode != 0:
        raise StepError(done.returncode, done.stderr.decode(errors="replace"))


def plays_as_loop(plays: int) -> int:
    """GIF's way to say how often it plays: how often again, or -1 where it does not."""
    return {0: 0, 1: -1}.get(plays, plays - 1)


def nearest_even(fps: Fraction) -> Fraction:
    """The rate nearest to another whose frames last whole hundredths of a second."""
    return Fraction(_TICKS, max(round(_TICKS / fps), 1))


def uneven(fps: Fraction) -> str | None:
    """What becomes of a rate whose frames last no whole hundredths of a second."""
    lasts = _TICKS / fps
    if lasts.denominator == 1:
        return None
    short, long = (10 * each for each in (int(lasts), int(lasts) + 1))
    return (
        f"fps is {fps}; GIF counts hundredths of a second, so that frames last {short} or {long} "
        "ms; 10, 20, 25 and 50 are even"
    )


def too_large(frame: Bytes, canvas: Canvas, length: int | None) -> str | None:
    """What to say of a GIF that will be over 50 MB, by its first frame; None where it is not."""
    pixels = canvas.height * canvas.width
    if length is None or 2 * pixels * length < _LARGE_BYTES:
        return None
    places = frame if canvas.has_palette else frame[1::3] >> 2  # about as many colours
    expected = _BY_DEFLATE * len(zlib.compress(places.tobytes(), 1)) * length
    if expected < _LARGE_BYTES:
        return None
    return (
        f"{length} frames of {canvas.width}x{canvas.height} will be a GIF of about "
        f"{expected / 1e6:.0f} MB; .webp, .avif and .mp4 are far smaller"
    )
