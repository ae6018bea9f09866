"""Videos of a single run and in segments, side by side; processes that know another folder."""

from __future__ import annotations

import contextlib
import os
import pickle
import warnings
from collections.abc import Callable
from concurrent.futures import Executor, Future
from fractions import Fraction
from pathlib import Path
from typing import Any

import heatvid
from heatvid._video.info import parse_framecrc
from tests.support.executors import Inline
from tests.support.videos import ffmpeg, one_to_one

EXACT: dict[str, Any] = {"lossless": True, "preset": "ultrafast"}


class Elsewhere(Inline):
    """Runs what has travelled there and back, in another folder, in the caller's thread."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def submit(self, task: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a task."""
        return super().submit(self._run, pickle.dumps((task, args, kwargs)))

    def _run(self, sent: bytes) -> Any:
        task, args, kwargs = pickle.loads(sent)
        with contextlib.chdir(self._folder):
            return pickle.loads(pickle.dumps(task(*args, **kwargs)))


def listed(path: Path, *options: Any) -> tuple[list[str], list[Fraction]]:
    """Checksums of all frames, and their times."""
    text = ffmpeg("-i", path, "-map", "0:v", *one_to_one(), *options, "-f", "framecrc", "-")
    base, packets = parse_framecrc(text)
    sums = [
        line.split(b",")[-1].strip().decode() for line in text.splitlines() if line[:2] == b"0,"
    ]
    return sums, [packet.pts * base for packet in packets]


def both(
    source: Any, at: Path, suffix: str, executor: Executor | None, **options: Any
) -> tuple[Any, Any]:
    """Render in one run, and in segments; what each gives, and what each warns of."""
    made: list[tuple[Any, list[str]]] = []
    for name, more in (("one", {}), ("several", {"segments": 3, "executor": executor})):
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            result = heatvid.render(source, at / f"{name}{suffix}", **options, **more)
        made.append((result, [str(warning.message) for warning in warned]))
    (one, said), (several, said_of_several) = made
    assert said == said_of_several
    assert sorted(os.listdir(at)) == sorted([one.path.name, several.path.name])
    return one, several
