"""OpenCV: the figure by ``hconcat`` and ``putText``, over what is drawn once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import _scenes
from benchmarks._composition_scene import GAP, RIGHT, TITLE, TOP, WARM_UP, Clip
from benchmarks.tools._task import ALPHA, FPS, Task, lut, raw_pipe, read_fields, read_through

WHITE = (255, 255, 255)
TICKS = 6


def prepare(folder: str, frames: int, size: tuple[int, int], preset: str) -> Callable[[], object]:
    """Import and warm up; the call renders the dump."""
    clip, short = (Clip(Path(folder), count, tuple(size)) for count in (frames, WARM_UP))
    _render(short, preset)
    read_through(clip.source)
    return lambda: _render(clip, preset)


def _render(clip: Clip, preset: str) -> None:
    import cv2

    table = np.ascontiguousarray(lut()[:, ::-1]).reshape(256, 1, 3)
    frame = _drawn_once(clip.size, table)
    height, width = clip.size
    shown = frame[TOP : TOP + height, : 3 * width + 2 * GAP]
    gray = np.empty(clip.size, np.uint8)
    behind, colours, blended = (np.empty((*clip.size, 3), np.uint8) for _ in range(3))
    gap = np.zeros((height, GAP, 3), np.uint8)
    scale = 255 / (_scenes.VMAX - _scenes.VMIN)
    capture = cv2.VideoCapture(clip.video)
    output = str(clip.folder / "opencv-figure.mp4")
    task = Task(clip.source, "", output, clip.frames, *frame.shape[:2], preset, 20)
    with raw_pipe(task, "bgr24") as pipe:
        for i, field in enumerate(read_fields(clip.source, clip.frames)):
            found, _ = capture.read(behind)
            assert found, "the video ended early"
            cv2.convertScaleAbs(field, gray, scale, -_scenes.VMIN * scale)
            cv2.applyColorMap(gray, table, colours)
            cv2.addWeighted(colours, ALPHA, behind, 1 - ALPHA, 0, blended)
            shown[...] = cv2.hconcat([behind, gap, colours, gap, blended])
            clock = f"{i} {i / FPS:.2f} s"
            cv2.putText(shown, clock, (14, height - 14), 0, 1.0, WHITE, 2, cv2.LINE_AA)
            pipe.write(frame)


def _drawn_once(size: tuple[int, int], table: np.ndarray) -> np.ndarray:
    """The title, and the bar with its ticks."""
    import cv2

    height, width = size
    frame = np.zeros((TOP + height, 3 * width + 2 * GAP + RIGHT, 3), np.uint8)
    cv2.putText(frame, TITLE, (width, TOP - 18), 0, 1.2, WHITE, 2, cv2.LINE_AA)
    left = 3 * width + 2 * GAP + 16
    ramp = np.linspace(255, 0, height - 40).astype(np.uint8)
    bar = cv2.applyColorMap(np.repeat(ramp[:, None], 32, 1), table)
    frame[TOP + 20 : TOP + height - 20, left : left + 32] = bar
    for i in range(TICKS):
        share = i / (TICKS - 1)
        row = TOP + 20 + round((1 - share) * (height - 41))
        cv2.line(frame, (left + 32, row), (left + 40, row), WHITE, 2)
        value = _scenes.VMIN + share * (_scenes.VMAX - _scenes.VMIN)
        at = (left + 46, row + 10)
        cv2.putText(frame, f"{value:.1f}", at, 0, 0.8, WHITE, 2, cv2.LINE_AA)
    return frame
