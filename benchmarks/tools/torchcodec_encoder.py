"""torchcodec: cmap's table indexed by torch, its ``VideoDecoder`` and ``Encoder``.

Its ``VideoEncoder`` takes all frames at once; the ``Encoder`` below it takes them as they come.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks import _scenes
from benchmarks.tools._task import FPS, Task, lut, read_fields, read_through

BATCH = 8  # frames, some 50 MB at 1080p


def prepare(**given: object) -> Callable[[], object]:
    """Import; the call renders the dump."""
    import torch
    from torchcodec.decoders import VideoDecoder
    from torchcodec.encoders import Encoder

    task = Task(**given)  # type: ignore[arg-type]
    table = torch.from_numpy(np.ascontiguousarray(lut().T))
    asked: dict[str, Any] = {}
    if task.preset is not None:
        asked = {"codec": "libx264", "pixel_format": "yuv420p", "preset": task.preset,
                 "crf": task.crf}  # fmt: skip

    def render(source: str, video: str | None) -> None:
        encoder = Encoder()
        stream = encoder.add_video(height=task.height, width=task.width, frame_rate=FPS, **asked)
        behind = None if video is None else iter(VideoDecoder(video))
        with encoder.open_file(task.output):
            for frames in _batches(_coloured(torch, table, source, task.frames, behind)):
                stream.add_frames(torch.stack(frames))

    render(task.warm_up, task.warm_up_video)
    read_through(task.source)
    return lambda: render(task.source, task.video)


def _coloured(torch: Any, table: Any, source: str, most: int, behind: Any) -> Iterator[Any]:
    """Frames of 3 planes, uint8."""
    scale = 256 / (_scenes.VMAX - _scenes.VMIN)
    for field in read_fields(source, most):
        index = ((torch.tensor(field) - _scenes.VMIN) * scale).clamp_(0, 255).to(torch.int64)
        colours = table[:, index]
        if behind is not None:
            under = next(behind)
            # ALPHA is a half; shifting first keeps to bytes.
            colours = (colours >> 1) + (under >> 1) + (colours & under & 1)
        yield colours


def _batches(frames: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(itertools.islice(frames, BATCH)):
        yield batch
