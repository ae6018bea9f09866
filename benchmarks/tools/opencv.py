"""OpenCV: a table on 8 bits, ``addWeighted``, BGR through a pipe, or its own ``VideoWriter``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from benchmarks import _scenes
from benchmarks.tools._task import ALPHA, FPS, Task, lut, raw_pipe, read_fields, read_through


def prepare(**given: object) -> Callable[[], object]:
    """Import; the call renders the dump."""
    import cv2

    task = Task(**given)  # type: ignore[arg-type]
    table = np.ascontiguousarray(lut()[:, ::-1]).reshape(256, 1, 3)
    scale = 255 / (_scenes.VMAX - _scenes.VMIN)
    gray = np.empty((task.height, task.width), np.uint8)
    colours, blended, behind = (np.empty((*gray.shape, 3), np.uint8) for _ in range(3))

    def render(source: str, video: str | None) -> None:
        capture = None if video is None else cv2.VideoCapture(video)
        with _writer(task) as writer:
            for field in read_fields(source, task.frames):
                cv2.convertScaleAbs(field, gray, scale, -_scenes.VMIN * scale)
                cv2.applyColorMap(gray, table, colours)
                if capture is None:
                    writer.write(colours)
                    continue
                found, _ = capture.read(behind)
                assert found, "the video ended early"
                cv2.addWeighted(colours, ALPHA, behind, 1 - ALPHA, 0, blended)
                writer.write(blended)

    render(task.warm_up, task.warm_up_video)
    read_through(task.source)
    return lambda: render(task.source, task.video)


@contextmanager
def _writer(task: Task) -> Iterator[Any]:
    """Open what takes the frames: OpenCV's own writer cannot be told a preset."""
    import cv2

    if task.preset is not None:
        with raw_pipe(task, "bgr24") as pipe:
            yield pipe
        return
    size = (task.width, task.height)
    writer = cv2.VideoWriter(task.output, cv2.VideoWriter.fourcc(*"mp4v"), FPS, size)
    yield writer
    writer.release()
