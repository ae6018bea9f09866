"""Pictures under a field, brought to another size."""

from __future__ import annotations

import numpy as np

from heatvid._canvas import Canvas
from heatvid._color.colorspace import rgb_to_canvas
from heatvid._frames import Bytes
from heatvid._under.background import Background
from heatvid._video.sound import Sound


class ResizedBackground(Background):
    """Pictures of another size than they come in, resampled in RGB by Pillow (bilinear)."""

    def __init__(self, inner: Background, size: tuple[int, int]) -> None:
        self._inner, self.size = inner, size
        self.name, self.length, self.fps = inner.name, inner.length, inner.fps
        self.concurrent = inner.concurrent

    def start(self, canvas: Canvas, first: int = 0) -> None:
        """Say which canvas the frames are for, of the new size."""
        super().start(canvas, first)
        self._own = Canvas("rgb24", *self._inner.size)
        self._inner.start(self._own, first)

    def read(self, start: int, out: Bytes) -> None:
        """Fill ``out``, shape (n, frame_bytes) uint8, with the pictures from ``start`` on."""
        from PIL import Image

        frame = np.empty((1, self._own.frame_bytes), np.uint8)
        for i in range(1 if self.still else len(out)):
            self._inner.read(start + i, frame)
            picture = Image.fromarray(self._own.planes[0].of(frame[0]))
            resized = picture.resize(self.size[::-1], Image.Resampling.BILINEAR)
            rgb_to_canvas(np.asarray(resized), self._canvas, out[i])
        if self.still:
            out[1:] = out[0]

    def sound(self, index: int = 0) -> Sound | None:
        """What is heard from a picture on."""
        return self._inner.sound(index)

    def close(self) -> None:
        """Close the background within."""
        self._inner.close()


def resized(background: Background, canvas: Canvas) -> Background:
    """Pictures in the size of a canvas."""
    size = canvas.content_height, canvas.content_width
    return background if background.size == size else ResizedBackground(background, size)
