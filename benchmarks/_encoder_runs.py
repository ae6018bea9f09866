"""One encoding of ready planes: processor time, bytes, and how far what is decoded is off."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks._scenes import Bytes
from benchmarks.tools._task import BELIEVED, TAGS

FPS = 30
LUMA_BLOCK, CHROMA_BLOCK = 8, 4  # the same area of the picture


@dataclass(frozen=True)
class Outcome:
    """What came of an encoding.

    Attributes
    ----------
    cpu_ms : float
        Processor time of ffmpeg, a frame.
    kilobytes : float
        Of the file, a frame.
    psnr : float
        Of all samples, in dB.
    worst_luma, worst_chroma : float
        Mean absolute error of the worst block of 8 by 8 luma and 4 by 4 chroma samples, in levels.
    shown : float
        Mean error of the colours shown, in levels of RGB.
    """

    cpu_ms: float
    kilobytes: float
    psnr: float
    worst_luma: float
    worst_chroma: float
    shown: float


def encode(
    planes: Bytes, height: int, width: int, options: Sequence[str], *, suffix: str = ".mp4",
    pixel_format: str = "yuv420p", decoder: Sequence[str] = (), exe: str | None = None,
) -> Outcome:  # fmt: skip
    """Encode ``planes``, shape (n, height * width * 3 // 2), and decode them again."""
    from heatvid._ffmpeg.program import find_ffmpeg

    exe = exe or find_ffmpeg()
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}"]
    quiet = [exe, "-v", "error", "-nostdin"]
    with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as folder:
        video = Path(folder) / f"out{suffix}"
        tags = [*TAGS, "-vf", BELIEVED]
        command = [*quiet, *raw, "-r", str(FPS), "-i", "pipe:0", *options, *tags]
        before = _children_seconds()
        _run([*command, "-pix_fmt", pixel_format, "-y", str(video)], planes.tobytes())
        seconds = _children_seconds() - before
        back = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"]
        decoded = _run([*quiet, *decoder, "-i", str(video), *back])
        size = video.stat().st_size
    shown = np.frombuffer(decoded, np.uint8).reshape(planes.shape)
    return Outcome(
        cpu_ms=1000 * seconds / len(planes),
        kilobytes=size / 1000 / len(planes),
        **compare(shown, planes, height, width),
    )


def compare(shown: Bytes, written: Bytes, height: int, width: int) -> dict[str, float]:
    """How far planes are off, a frame at a time."""
    squares, worst, colours = 0.0, [0.0, 0.0], 0.0
    luma = height * width
    for one, other in zip(shown, written, strict=True):
        error = one.astype(np.int16) - other
        squares += float(np.square(error, dtype=np.int32).sum(dtype=np.int64))
        y = error[:luma].reshape(height, width)
        chroma = error[luma:].reshape(2, height // 2, width // 2)
        worst[0] = max(worst[0], _worst(y, LUMA_BLOCK))
        worst[1] = max(worst[1], *(_worst(each, CHROMA_BLOCK) for each in chroma))
        colours += _in_rgb(y[::2, ::2], *chroma)
    return {
        "psnr": 10 * np.log10(255**2 * written.size / max(squares, 1)),
        "worst_luma": worst[0],
        "worst_chroma": worst[1],
        "shown": colours / len(written),
    }


def _worst(error: NDArray[np.int16], side: int) -> float:
    height, width = (size - size % side for size in error.shape)
    blocks = np.abs(error[:height, :width]).reshape(height // side, side, width // side, side)
    return float(blocks.mean((1, 3)).max())


def _in_rgb(y: NDArray[np.int16], cb: NDArray[np.int16], cr: NDArray[np.int16]) -> float:
    """Mean absolute error in levels of RGB, of BT.709 in limited range."""
    luma, blue, red = y * (255 / 219), cb * (1.8556 * 255 / 224), cr * (1.5748 * 255 / 224)
    green = -(0.0722 * blue + 0.2126 * red) / 0.7152
    return float(np.mean([np.abs(luma + each).mean() for each in (red, green, blue)]))


def _run(command: list[str], given: bytes | None = None) -> bytes:
    done = subprocess.run(command, input=given, capture_output=True, env=_quiet(), check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} exited with {done.returncode}: {done.stderr[-500:]!r}")
    return done.stdout


def _quiet() -> dict[str, str]:
    return {**os.environ, "SVT_LOG": "1"}


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
