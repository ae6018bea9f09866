"""The ffmpeg program: where it is, its version, how it is told names."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import ExitStack
from functools import lru_cache

from heatvid._errors import AnyPath, MissingDependencyError, RenderError, called
from heatvid._ffmpeg.messages import INSTALL
from heatvid._ffmpeg.process import run
from heatvid._reasons import reason


def find_ffmpeg() -> str:
    """Find the ffmpeg program.

    Returns
    -------
    str
        ``IMAGEIO_FFMPEG_EXE`` where it is set, else imageio-ffmpeg's binary, else PATH's.

    Raises
    ------
    MissingDependencyError
        There is none, or ``IMAGEIO_FFMPEG_EXE`` names something that cannot be executed.
    """
    if named := os.environ.get("IMAGEIO_FFMPEG_EXE"):
        if found := shutil.which(named):
            return found
        what = "is not executable" if os.path.exists(named) else "does not exist"
        raise MissingDependencyError(f"IMAGEIO_FFMPEG_EXE: {called(named)} {what}; {INSTALL}")
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())  # type: ignore[no-untyped-call, unused-ignore]  # no hints
    except (ImportError, RuntimeError):
        if found := shutil.which("ffmpeg"):
            return found
    _demand_descriptors()
    raise MissingDependencyError(f"no ffmpeg program was found; {INSTALL}")


_DESCRIPTORS = 8  # that starting a program takes


def _demand_descriptors() -> None:
    """Refuse where no more files can be opened: a package that is there is not found then."""
    try:
        with ExitStack() as files:
            for _ in range(_DESCRIPTORS):
                files.enter_context(open(os.devnull, "rb"))
    except OSError as error:
        raise RenderError(f"ffmpeg cannot be looked for: {reason(error)}") from error


@lru_cache(maxsize=32)
def ffmpeg_version(exe: str) -> tuple[int, ...]:
    """Ask ``exe`` for its version, ``(7, 0, 2)`` say; the answer is cached.

    Raises
    ------
    MissingDependencyError
        It cannot be run here, or is not ffmpeg.
    """
    try:
        done = run([exe, "-version"], timeout_seconds=30)
    except TimeoutError as error:
        raise MissingDependencyError(f"{called(exe)}: {error}; {INSTALL}") from error
    text = done.stdout.decode(errors="replace")
    if release := re.match(r"ffmpeg version n?(\d+(?:\.\d+)*)", text):
        return tuple(int(part) for part in release[1].split("."))
    # Snapshots ("N-109542-g1bf1f31") carry no number; since 4.0 libavutil counts along with ffmpeg.
    if text.startswith("ffmpeg version") and (library := re.search(r"libavutil +(\d+)\.", text)):
        return (int(library[1]) - 52,)
    said = " ".join((text + done.stderr.decode(errors="replace")).split())[:80]
    raise MissingDependencyError(
        f"{called(exe)} is not ffmpeg: exit code {done.returncode}, it said {said!r}; {INSTALL}"
    )


def usable_ffmpeg() -> str:
    """Find the ffmpeg program, and see that it runs and is ffmpeg."""
    exe = find_ffmpeg()
    ffmpeg_version(exe)
    return exe


def passthrough(version: tuple[int, ...]) -> list[str]:
    """Arguments for one frame out per frame in, under the name that ``version`` knows."""
    return ["-fps_mode" if version >= (5, 1) else "-vsync", "passthrough"]


def file_url(path: AnyPath) -> str:
    """Name a local file for ffmpeg, so that neither ``-x.mp4`` nor ``a:b.mp4`` is misread."""
    return "file:" + os.fsdecode(path)
