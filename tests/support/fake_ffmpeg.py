"""A shell script in ffmpeg's place, which fails as the test says."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from heatvid._ffmpeg.program import ffmpeg_version, find_ffmpeg


def put_fake_ffmpeg(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Let heatvid find ``folder/ffmpeg``; in it ``$REAL`` is the real one, which lists encoders."""
    lists = "" if "-encoders" in body else '[ "$2" = -encoders ] && exec "$REAL" "$@"'
    script = folder / "ffmpeg"
    real = find_ffmpeg()
    version = ".".join(map(str, ffmpeg_version(real)))
    script.write_text(
        f'#!/bin/sh\nREAL="{real}"\n'
        f'[ "$1" = -version ] && echo "ffmpeg version {version}" && exit\n'
        f"{lists}\n{body}\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(script))
