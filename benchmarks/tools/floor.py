"""What no tool can avoid: the encoder with ready planes, or the transcoding of the video alone.

A video and the overlay over it are not equally hard to encode, the less so the slower the preset.
So there is a floor of the same pictures, too: ffmpeg decodes the video, throws its frames away, and
encodes the ready planes of the overlay.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from benchmarks.tools._task import FPS, Task, raw_pipe, run_ffmpeg

BATCH = 4


def prepare(same_pictures: bool = False, **given: object) -> Callable[[], object]:
    """Load the planes; the call encodes them, or has ffmpeg transcode the task's video."""
    task = Task(**given)  # type: ignore[arg-type]
    if same_pictures:
        ready = np.load(str(task.planes))
        _decode_and_encode(task, str(task.warm_up_video), ready, 2)
        return lambda: _decode_and_encode(task, str(task.video), ready, task.frames)
    if task.video is not None:
        assert task.warm_up_video is not None
        _transcode(task, task.warm_up_video)
        return lambda: _transcode(task, str(task.video))
    planes = np.load(str(task.planes))
    _encode(task, planes, 2)
    return lambda: _encode(task, planes, task.frames)


def _transcode(task: Task, video: str) -> None:
    run_ffmpeg("-i", video, *task.encoding, task.output)


def _decode_and_encode(task: Task, video: str, ready: np.ndarray, count: int) -> None:
    with raw_pipe(task, "yuv420p", beside=video) as pipe:
        for i in range(count):
            pipe.write(ready[i % len(ready)])


def _encode(task: Task, ready: np.ndarray, count: int) -> None:
    from heatvid._canvas import Canvas
    from heatvid._encode.settings import OutputSettings
    from heatvid._encode.video import VideoSink

    canvas = Canvas("yuv420p", task.height, task.width)
    settings = OutputSettings(task.output, canvas, Fraction(FPS), task.crf, task.preset,
                               overwrite=True)  # fmt: skip
    with VideoSink(settings) as encoder:
        for start in range(0, count, BATCH):
            first = start % len(ready)
            encoder.write(ready[first : first + min(BATCH, count - start, len(ready) - first)])
        encoder.finish()
