"""GIF: one palette of 256 colours for all frames, found once the last of them is known.

Frames whose colours a palette holds go in as they are, and are exact. Others are kept without loss
meanwhile, in a file of their own; then ffmpeg reads them twice, to choose colours and to use them.
Memory does not grow with their number.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace
from fractions import Fraction

import numpy as np

from heatvid._canvas import Canvas
from heatvid._encode.settings import OutputSettings
from heatvid._encode.steps import StepError
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import file_url
from heatvid._frames import Bytes

_COLORS = 256
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


class Colors:
    """The colours of frames in RGB, as long as they are few."""

    def __init__(self) -> None:
        self._seen: Bytes | None = np.zeros(1 << 24, np.uint8)

    def add(self, frame: Bytes) -> None:
        """Take a frame's, shape (3 n,) uint8."""
        if self._seen is None:
            return
        rgb = frame.reshape(-1, 3).astype(np.uint32)
        self._seen[rgb[:, 0] << 16 | rgb[:, 1] << 8 | rgb[:, 2]] = 1
        if np.count_nonzero(self._seen) > _COLORS:
            self._seen = None

    @property
    def too_many(self) -> bool:
        """Whether they are more than a palette holds."""
        return self._seen is None

    def palette(self) -> bytes | None:
        """All of them, red, green and blue of each; None where they are too many."""
        if self._seen is None:
            return None
        found = np.flatnonzero(self._seen)
        return np.stack([found >> 16, found >> 8 & 255, found & 255], 1).astype(np.uint8).tobytes()


def palette_bytes(palette: bytes) -> bytes:
    """A palette, red, green and blue of each colour, as ffmpeg's pal8 has it."""
    rgb = np.frombuffer(palette, np.uint8).reshape(-1, 3)
    entries = np.zeros((_COLORS, 4), np.uint8)
    entries[:, 3] = 255
    entries[: len(rgb), :3] = rgb[:, ::-1]
    return entries.tobytes()


def add_palette(
    exe: str, settings: OutputSettings, frames: str, count: int, palette: bytes | None, *,
    patience_seconds: float, out: str,
) -> None:  # fmt: skip
    """Write ``count`` kept frames to ``out`` as a GIF of ``palette``, or of one that fits them.

    Raises
    ------
    StepError
        ffmpeg failed.
    TimeoutError
        It did not end in time.
    """
    pixels = count * settings.canvas.height * settings.canvas.width
    allowed = patience_seconds + pixels / _PIXELS_PER_SECOND
    begin = [exe, "-hide_banner", "-nostdin", "-nostats", "-v", "warning", "-xerror", "-i",
             file_url(frames)]  # fmt: skip
    entries = _chosen(begin, allowed) if palette is None else palette_bytes(palette)
    # A file of its own would have to be cleared away; standard input is closed to all steps.
    given = "data:application/octet-stream;base64," + base64.b64encode(entries).decode()
    done = run(
        [*begin, "-f", "rawvideo", "-pix_fmt", "bgra", "-s", "16x16", "-i", given,
         "-lavfi", f"[0:v][1:v]paletteuse=dither={settings.dither or 'none'}",
         "-loop", str(plays_as_loop(settings.loop)), "-f", "gif", "-y", file_url(out)],
        timeout_seconds=allowed,
    )  # fmt: skip
    if done.returncode != 0:
        raise StepError(done.returncode, done.stderr.decode(errors="replace"))


def _chosen(begin: list[str], allowed: float) -> bytes:
    """The palette that ffmpeg chooses for all frames."""
    # By default it keeps a place for what is see-through.
    # It takes time by the square of the number of colours, of which 6 bits a channel are enough.
    coarse = ":".join(f"{channel}=bitand(val\\,252)+2" for channel in "rgb")
    done = run(
        [*begin, "-vf", f"lutrgb={coarse},palettegen=reserve_transparent=0:stats_mode=full",
         "-f", "rawvideo", "-pix_fmt", "bgra", "pipe:1"],
        timeout_seconds=allowed,
    )  # fmt: skip
    if done.returncode != 0:
        raise StepError(done.returncode, done.stderr.decode(errors="replace"))
    return done.stdout


def plays_as_loop(plays: int) -> int:
    """GIF's way to say how often it plays: how often again, or -1 where it does not."""
    return {0: 0, 1: -1}.get(plays, plays - 1)


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
