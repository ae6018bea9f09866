"""The common recipe: matplotlib's colormap as a function, times 255, RGB through a pipe."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks import _scenes
from benchmarks.tools._task import ALPHA, Task, raw_pipe, read_fields, read_through, video_frames


def prepare(**given: object) -> Callable[[], object]:
    """Import; the call renders the dump."""
    import matplotlib

    task = Task(**given)  # type: ignore[arg-type]
    cmap = matplotlib.colormaps[_scenes.CMAP]
    norm = matplotlib.colors.Normalize(_scenes.VMIN, _scenes.VMAX)

    def render(source: str, video: str | None) -> None:
        behind = None if video is None else video_frames(task, video)
        with raw_pipe(task, "rgb24") as pipe:
            for field in read_fields(source, task.frames):
                colours = (cmap(norm(field))[..., :3] * 255).astype(np.uint8)
                if behind is not None:
                    mixed = np.float32(ALPHA) * colours + np.float32(1 - ALPHA) * next(behind)
                    colours = mixed.astype(np.uint8)
                pipe.write(np.ascontiguousarray(colours))

    render(task.warm_up, task.warm_up_video)
    read_through(task.source)
    return lambda: render(task.source, task.video)
