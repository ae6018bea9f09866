"""mediapy: ``to_rgb`` and its ``VideoWriter``.

Its ``VideoReader`` asks ffmpeg for ``-vsync``, which version 9 does not know any more; a video
under the fields is read through imageio-ffmpeg instead.
"""

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


def prepare(**given: object) -> Callable[[], object]:
    """Import; the call renders the dump."""
    import mediapy

    mediapy.set_ffmpeg(ffmpeg())
    task = Task(**given)  # type: ignore[arg-type]
    asked: dict[str, Any] = {}
    if task.preset is not None:
        asked = {"codec": "libx264", "crf": task.crf, "encoded_format": "yuv420p",
                 "ffmpeg_args": ["-preset", task.preset]}  # fmt: skip
    limits = {"vmin": _scenes.VMIN, "vmax": _scenes.VMAX, "cmap": _scenes.CMAP}

    def render(source: str, video: str | None) -> None:
        behind = None if video is None else video_frames(task, video)
        shape = (task.height, task.width)
        with mediapy.VideoWriter(task.output, shape, fps=FPS, **asked) as writer:
            for field in read_fields(source, task.frames):
                colours = mediapy.to_rgb(field, **limits)
                if behind is not None:
                    under = mediapy.to_float01(next(behind))
                    colours = np.float32(ALPHA) * colours + np.float32(1 - ALPHA) * under
                writer.add_image(mediapy.to_uint8(colours))

    render(task.warm_up, task.warm_up_video)
    read_through(task.source)
    return lambda: render(task.source, task.video)
