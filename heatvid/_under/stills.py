"""Pictures under a field: one for all frames, arrays of them, files of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._color.colorspace import rgb_to_canvas
from heatvid._color.pictures import as_rgb
from heatvid._errors import SourceError, called
from heatvid._frames import AnyArray, Bytes, Resident
from heatvid._under.background import Background
from heatvid._under.picture_files import read_picture
from heatvid.sources import Source


class StillBackground(Background):
    """One picture under every frame, shape (H, W, 3) uint8."""

    def __init__(self, name: str, rgb: NDArray[np.uint8]) -> None:
        self.name, self.size = name, rgb.shape[:2]
        self._rgb = rgb

    def start(self, canvas: Canvas, first: int = 0) -> None:
        """Convert the picture once."""
        self._frame = np.empty(canvas.frame_bytes, np.uint8)
        rgb_to_canvas(self._rgb, canvas, self._frame)

    def read(self, start: int, out: Bytes) -> None:
        """Fill all of ``out`` with the picture."""
        out[:] = self._frame


class ArrayBackground(Background):
    """Pictures in memory, shape (T, H, W) or (T, H, W, C), uint8 or float in 0..1."""

    def __init__(self, name: str, pictures: AnyArray) -> None:
        self.name, self._pictures = name, pictures
        self.length, self.size = len(pictures), pictures.shape[1:3]

    def read(self, start: int, out: Bytes) -> None:
        """Convert pictures to the canvas."""
        for picture, frame in zip(self._pictures[start : start + len(out)], out, strict=True):
            rgb_to_canvas(as_rgb(picture, self.name), self._canvas, frame)


class ResidentBackground(Background):
    """Pictures on a backend's device, shape (T, H, W) or (T, H, W, 3), or one without time."""

    def __init__(self, name: str, pictures: Any, *, still: bool) -> None:
        self.name, self._pictures = name, pictures
        self.length = None if still else len(pictures)
        self.size = pictures.shape[:2] if still else pictures.shape[1:3]

    def resident(self, index: int) -> Resident:
        """The picture under prediction ``index``."""
        picture: Resident = self._pictures if self.length is None else self._pictures[index]
        return picture

    def read(self, start: int, out: Bytes) -> None:
        """Bring pictures to host memory, and convert them to the canvas."""
        for i, frame in enumerate(out, start):
            picture = np.asarray(self.resident(i))
            rgb_to_canvas(as_rgb(picture, self.name), self._canvas, frame)


class SavedBackground(Background):
    """Pictures in an array of a file, shape (H, W) or (H, W, C) each."""

    def __init__(self, source: Source) -> None:
        self._source, self.concurrent = source, source.concurrent
        height, width = source.frame_shape[:2]
        self.name, self.length, self.size = source.name, len(source), (height, width)

    def read(self, start: int, out: Bytes) -> None:
        """Read pictures and convert them to the canvas."""
        for i, frame in enumerate(out, start):
            (picture,) = self._source.read(i, 1)
            rgb_to_canvas(as_rgb(picture, self.name), self._canvas, frame)

    def close(self) -> None:
        """Close the file."""
        self._source.close()


class FolderBackground(Background):
    """One image file a frame, decoded when it is needed."""

    def __init__(self, name: str, paths: Sequence[str]) -> None:
        self.name, self._paths = name, paths
        self.length, self.size = len(paths), read_picture(paths[0]).shape[:2]

    def read(self, start: int, out: Bytes) -> None:
        """Decode and convert pictures to the canvas."""
        for path, frame in zip(self._paths[start : start + len(out)], out, strict=True):
            picture = read_picture(path)
            if picture.shape[:2] != self.size:
                raise SourceError(
                    f"{called(path)}: a picture of {_wxh(picture.shape)}, the first is "
                    f"{_wxh(self.size)}; all pictures of a background need one size"
                )
            rgb_to_canvas(picture, self._canvas, frame)


def _wxh(shape: Sequence[int]) -> str:
    return f"{shape[1]}x{shape[0]}"
