"""supervision: its ``DepthAnnotator``, its generator of a video's frames and its ``VideoSink``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from benchmarks import _scenes
from benchmarks.tools._task import ALPHA, FPS, Task, raw_pipe, read_fields, read_through


def prepare(**given: object) -> Callable[[], object]:
    """Import; the call renders the dump."""
    import supervision as sv

    task = Task(**given)  # type: ignore[arg-type]
    limits = (_scenes.VMIN, _scenes.VMAX)

    def render(source: str, video: str | None) -> None:
        opacity = 1.0 if video is None else ALPHA
        annotator = sv.DepthAnnotator(_scenes.CMAP, display_range=limits, opacity=opacity)
        behind = None if video is None else sv.get_video_frames_generator(video)
        empty = np.zeros((task.height, task.width, 3), np.uint8)
        with _sink(sv, task) as sink:
            # A sink of its own takes frames by another name than a pipe does.
            put = sink.write if task.preset is not None else sink.write_frame
            for field in read_fields(source, task.frames):
                scene = empty if behind is None else next(behind)
                # Of this kind greater values are nearer, and drawn in the table's order.
                shown = sv.DepthMap(np.asarray(field), kind="relative_inverse")
                put(annotator.annotate(scene, shown))

    render(task.warm_up, task.warm_up_video)
    read_through(task.source)
    return lambda: render(task.source, task.video)


def _sink(sv: Any, task: Task) -> AbstractContextManager[Any]:
    """What takes the frames: its own sink cannot be told a preset."""
    if task.preset is not None:
        return raw_pipe(task, "bgr24")
    return sv.VideoSink(task.output, sv.VideoInfo(task.width, task.height, FPS))
