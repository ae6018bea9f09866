"""Videos with clicks in their sound, and where the clicks are heard."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.videos import ffmpeg, one_to_one

FPS = 30
_CLICKS = (0.11, 0.4031, 0.90702, 1.3885, 2.0408, 2.5195, 3.3)  # seconds, nearly


def click_track(path: Path, rate: int = 44100, seconds: float = 4) -> Path:
    """A stereo .wav of short bursts in silence."""
    sound = np.zeros((round(seconds * rate), 2), np.int16)
    burst = np.where(np.arange(40) % 8 < 4, 1, -1) * np.linspace(20000, 500, 40)
    for each in _CLICKS:
        place = sound[round(each * rate) :][:40]
        place[:] = burst[: len(place), None]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound.tobytes())
    return path


def video_with_clicks(
    path: Path,
    sound: str,
    *,
    frames: int = 120,
    late: float = 0,
    picture_late: float = 0,
    rate: int = 44100,
    seconds: float = 4,
) -> Path:
    """A video of 32x24 whose sound is encoded by ``sound``; either may begin late."""
    track = click_track(path.with_suffix(".wav"), rate, seconds)
    codec = ["libvpx-vp9", "-deadline", "realtime"] if path.suffix == ".webm" else ["libx264"]
    ffmpeg(
        *("-itsoffset", picture_late, "-f", "lavfi"),
        *("-i", f"testsrc2=size=32x24:rate={FPS}:duration={frames / FPS}"),
        *("-itsoffset", late, "-i", track),
        *("-map", "0:v", "-map", "1:a", "-c:v", *codec, "-pix_fmt", "yuv420p", "-g", 30),
        *(*one_to_one(), "-c:a", sound, "-strict", "-2", path),
    )
    track.unlink()
    return path


def without_its_beginning(path: Path, seconds: float) -> Path:
    """A copy whose edit list hides the beginning: packets from the last key frame stay."""
    out = path.with_name(f"edited{path.suffix}")
    ffmpeg("-ss", seconds, "-i", path, "-c", "copy", "-strict", "-2", out)
    return out


def heard(path: Path, at: Fraction = Fraction(0), *, rate: int = 44100) -> NDArray[np.int16]:
    """Mono samples from a moment of the file's own clock on; silence where there is no sound."""
    begin = round(at * rate)
    raw = ffmpeg(
        *("-copyts", "-i", path, "-map", "0:a:0", "-ac", 1),
        *("-af", f"aresample={rate}:async=1:min_comp=0.000001:first_pts={begin}"),
        *("-f", "s16le", "-"),
    )
    return np.frombuffer(raw, np.int16)


def clicks(samples: NDArray[np.int16]) -> Sequence[int]:
    """Where each burst begins."""
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 6000)
    first = np.diff(loud, prepend=-10_000) > 3000
    return [int(place) for place in loud[first]]
