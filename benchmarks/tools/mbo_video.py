"""mbo_utilities: ``to_video``, with its own settings of the encoder and nothing below the field."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks import _scenes
from benchmarks.tools._task import FPS, Task, read_through


def prepare(**given: object) -> Callable[[], object]:
    """Import; the call renders the dump."""
    from mbo_utilities import to_video

    task = Task(**given)  # type: ignore[arg-type]

    def render(source: str) -> None:
        to_video(
            np.load(source, mmap_mode="r"), task.output, fps=FPS, max_frames=task.frames,
            vmin=_scenes.VMIN, vmax=_scenes.VMAX, cmap=_scenes.CMAP,
        )  # fmt: skip

    render(task.warm_up)
    read_through(task.source)
    return lambda: render(task.source)
