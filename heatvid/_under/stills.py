"""Pictures under a field: one for all frames, arrays of them, files of them."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._color.colorspace import rgb_to_canvas
from heatvid._errors import SourceError, printable
from heatvid._frames import AnyArray, Bytes, Resident, page_aligned
from heatvid.sources._files import RegularFile
from heatvid.sources._npy_header import NpyHeader

if TYPE_CHECKING:
    pass

from heatvid._color.pictures import as_rgb, is_stack, read_picture
from heatvid._under.background import Background


class StillBackground(Background):
    """One picture under every frame, shape (H, W, 3) uint8."""

    def __init__(self, name: str, rgb: NDArray[np.uint8]) -> None:
        self.name, self.size = name, rgb.shape[:2]
        self._rgb = rgb

    def start(self, canvas: Canvas) -> None:
        """Convert the picture once."""
        self._frame = np.empty(canvas.frame_bytes, np.uint8)
        rgb_to_canvas(self._rgb, canvas, self._frame)

    def read(self, start: int, out: Bytes) -> None:
        """Fill all of ``out`` with the picture."""
        out[:] = self._frame


class ArrayBackground(Background):
    """Pictures in memory, shape (T, H, W) or (T, H, W, 3), uint8 or float in 0..1."""

    def __init__(self, name: str, pictures: AnyArray) -> None:
        self.name, self._pictures = name, pictures
        self.length, self.size = len(pictures), pictures.shape[1:3]

    def read(self, start: int, out: Bytes) -> None:
        """Convert pictures to the canvas."""
        for picture, frame in zip(self._pictures[start : start + len(out)], out, strict=True):
            rgb_to_canvas(as_rgb(picture, self.name), self._canvas, frame)


class ResidentBackground(Background):
    """Pictures on a backend's device, shape (T, H, W) or (T, H, W, 3), or one without time."""

    def __init__(self, name: str, pictures: Any) -> None:
        self.name, self._pictures = name, pictures
        if is_stack(pictures.shape):
            self.length, self.size = len(pictures), pictures.shape[1:3]
        else:
            self.size = pictures.shape[:2]

    def resident(self, index: int) -> Resident:
        """The picture under prediction ``index``."""
        picture: Resident = self._pictures if self.length is None else self._pictures[index]
        return picture

    def read(self, start: int, out: Bytes) -> None:
        """Bring pictures to host memory, and convert them to the canvas."""
        for i, frame in enumerate(out, start):
            picture = np.asarray(self.resident(i))
            rgb_to_canvas(as_rgb(picture, self.name), self._canvas, frame)


class NpyBackground(Background):
    """Pictures in a .npy file, in C order; read, as a map of a file that is cut is a SIGBUS."""

    def __init__(self, file: RegularFile, header: NpyHeader) -> None:
        self._file, self._header, self._lock = file, header, Lock()
        self.name = file.label
        self.length, height, width = header.shape[:3]
        self.size = height, width

    def read(self, start: int, out: Bytes) -> None:
        """Read pictures and convert them to the canvas."""
        picture = page_aligned(self._header.shape[1:], self._header.dtype)
        for i, frame in enumerate(out, start):
            with self._lock:
                self._file.read_exactly(picture, len(self._header.raw) + i * picture.nbytes)
            rgb_to_canvas(as_rgb(picture, self.name), self._canvas, frame)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


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
                    f"{printable(path)}: a picture of {_wxh(picture.shape)}, the first is "
                    f"{_wxh(self.size)}; all pictures of a background need one size"
                )
            rgb_to_canvas(picture, self._canvas, frame)


def _wxh(shape: Sequence[int]) -> str:
    return f"{shape[1]}x{shape[0]}"
