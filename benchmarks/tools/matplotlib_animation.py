"""matplotlib's animations: ``imshow``, ``FuncAnimation`` and ``FFMpegWriter``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import _scenes
from benchmarks.tools._task import (
    ALPHA,
    FPS,
    Task,
    ffmpeg,
    read_fields,
    read_through,
    video_frames,
)

DPI = 100


def prepare(**given: object) -> Callable[[], object]:
    """Import; the call animates the dump, as many of its frames as the task names."""
    import matplotlib

    matplotlib.use("agg")
    matplotlib.rcParams["animation.ffmpeg_path"] = ffmpeg()
    task = Task(**given)  # type: ignore[arg-type]
    _animate(task, task.warm_up, task.warm_up_video, 2)
    read_through(task.source)
    return lambda: _animate(task, task.source, task.video, task.frames)


def _animate(task: Task, source: str, video: str | None, frames: int) -> None:
    import matplotlib.animation
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(task.width / DPI, task.height / DPI), dpi=DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    size = (task.height, task.width)
    shown = [axes.imshow(np.zeros((*size, 3), np.uint8), aspect="auto")] if video else []
    heat: dict[str, Any] = {"cmap": _scenes.CMAP, "vmin": _scenes.VMIN, "vmax": _scenes.VMAX}
    opacity = 1 if video is None else ALPHA
    shown.append(axes.imshow(np.zeros(size, np.float32), alpha=opacity, aspect="auto", **heat))
    fields = read_fields(source, frames)
    behind = None if video is None else video_frames(task, video)

    def update(_: int) -> list[Any]:
        shown[-1].set_data(next(fields))
        if behind is not None:
            shown[0].set_data(next(behind))
        return shown

    # Without init_func the first update is called twice.
    animation = matplotlib.animation.FuncAnimation(
        figure, update, frames=frames, init_func=lambda: shown, blit=True, cache_frame_data=False
    )
    asked: dict[str, Any] = {}
    if task.preset is not None:
        asked = {"codec": "libx264", "extra_args": task.encoding[2:]}
    writer = matplotlib.animation.FFMpegWriter(fps=FPS, **asked)
    animation.save(task.output, writer=writer, dpi=DPI)
    plt.close(figure)
