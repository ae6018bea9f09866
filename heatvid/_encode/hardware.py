"""Encoders of graphics cards: ffmpeg lists them where no card is, so that each is tried first."""

from __future__ import annotations

from functools import lru_cache

from heatvid._canvas import Canvas
from heatvid._encode.choosing import listed_encoders
from heatvid._encode.codecs import CODECS, Codec
from heatvid._encode.containers import CONTAINERS
from heatvid._errors import MissingDependencyError
from heatvid._ffmpeg.messages import last_words
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import usable_ffmpeg

_TRIAL_SECONDS = 20.0  # a driver that has to be loaded takes some


def hardware_encoder(
    suffix: str, name: str | None, canvas: Canvas, *, required: bool
) -> Codec | None:
    """The first hardware encoder of a codec that takes such frames and works here.

    Parameters
    ----------
    suffix : str
        Of the output; a key of ``CONTAINERS``.
    name : str or None
        The codec; None for the container's usual one.
    canvas : Canvas
    required : bool
        Whether there has to be one.

    Raises
    ------
    MissingDependencyError
        One is required, and none works; says what each said.
    """
    wanted = name or CONTAINERS[suffix].codecs[0]
    exe = usable_ffmpeg()
    said = []
    for row in CODECS:
        fits = row.hardware and row.name == wanted and canvas.pixel_format in row.lossy
        if not fits or not row.takes(canvas) or row.encoder not in listed_encoders(exe):
            continue
        trouble = _trouble(exe, row.encoder, row.lossy[canvas.pixel_format])
        if trouble is None:
            return row
        said.append(f"{row.encoder}: {trouble}")
    if required:
        why = "; ".join(said) or (
            f"this ffmpeg has none for {canvas.pixel_format} of {canvas.width}x{canvas.height}"
        )
        raise MissingDependencyError(
            f"no hardware encoder works for {wanted}: {why}; hardware='try' (--hardware try) goes "
            "on without"
        )
    return None


@lru_cache(maxsize=32)
def _trouble(exe: str, encoder: str, stored: str) -> str | None:
    """What goes wrong where ``encoder`` encodes a little; None where nothing does."""
    source = ["-f", "lavfi", "-i", "color=gray:size=256x256:rate=30:duration=0.2"]
    command = [exe, "-hide_banner", "-nostdin", "-loglevel", "error", *source]
    try:
        done = run(
            [*command, "-c:v", encoder, "-pix_fmt", stored, "-f", "null", "-"],
            timeout_seconds=_TRIAL_SECONDS,
        )
    except TimeoutError as error:
        return str(error)
    if done.returncode == 0:
        return None
    return last_words(done.stderr.decode(errors="replace")) or f"exit code {done.returncode}"
