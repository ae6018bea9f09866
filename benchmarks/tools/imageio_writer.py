"""imageio: an index into a table with NumPy, its ffmpeg reader and writer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import numpy as np

from benchmarks import _scenes
from benchmarks.tools._task import FPS, Task, lut, read_fields, read_through


def prepare(**given: object) -> Callable[[], object]:
    """Import; the call renders the dump."""
    import imageio

    task = Task(**given)  # type: ignore[arg-type]
    table = lut()
    asked: dict[str, object] = {}
    if task.preset is not None:
        # Without quality=None it passes a qp beside the crf.
        asked = {"codec": "libx264", "quality": None, "pixelformat": "yuv420p",
                 "ffmpeg_params": ["-preset", task.preset, "-crf", str(task.crf)]}  # fmt: skip

    def render(source: str, video: str | None) -> None:
        with ExitStack() as stack:
            # Without the size of 1 it rescales to 16s.
            writer = stack.enter_context(
                imageio.get_writer(
                    task.output, format="FFMPEG", fps=FPS, macro_block_size=1, **asked
                )
            )
            behind = None
            if video is not None:
                behind = iter(stack.enter_context(imageio.get_reader(video, format="FFMPEG")))
            for field in read_fields(source, task.frames):
                index = (field - _scenes.VMIN) * (255 / (_scenes.VMAX - _scenes.VMIN))
                colours = np.take(table, index.astype(np.intp), axis=0, mode="clip")
                if behind is not None:
                    under = np.asarray(next(behind))
                    # ALPHA is a half; shifting first keeps to bytes.
                    colours = (colours >> 1) + (under >> 1) + (colours & under & 1)
                writer.append_data(colours)

    render(task.warm_up, task.warm_up_video)
    read_through(task.source)
    return lambda: render(task.source, task.video)
