"""What lies under a field: a still picture, or one picture a frame, brought to canvas frames."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction
from glob import glob, has_magic
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from heatvid._color.colormaps import parse_color
from heatvid._color.colorspace import rgb_to_canvas
from heatvid._errors import OptionError, SourceError
from heatvid._frames import AnyArray, Bytes, Canvas, Resident, page_aligned
from heatvid.sources import VIDEO_SUFFIXES
from heatvid.sources._arrays import is_array, to_host
from heatvid.sources._files import RegularFile, natural_key, printable
from heatvid.sources._images import SUFFIXES
from heatvid.sources._npy import demand_data
from heatvid.sources._npy_header import NpyHeader, read_header

if TYPE_CHECKING:
    from heatvid._video.in_process_decoder import Pictures
    from heatvid._video.info import Size
    from heatvid.sources._video import VideoReader

_PICTURES = tuple(suffix for suffix in SUFFIXES if suffix != ".pfm")


class Background(ABC):
    """Pictures of one size, as frames of a canvas.

    Attributes
    ----------
    name : str
        For messages.
    size : (int, int)
        Height and width.
    length : int or None
        Pictures; None for a still one, which lies under every frame.
    fps : Fraction or None
        Of a video.
    concurrent : bool
        Whether :meth:`read` may be called by several threads at once and in any order.
    """

    name: str
    size: tuple[int, int]
    length: int | None = None
    fps: Fraction | None = None
    concurrent: bool = True

    def start(self, canvas: Canvas) -> None:
        """Say which canvas the frames are for; ``canvas`` has the background's size."""
        self._canvas = canvas

    @abstractmethod
    def read(self, start: int, out: Bytes) -> None:
        """Fill ``out``, shape (n, frame_bytes) uint8, with the pictures from ``start`` on."""

    def resident(self, index: int) -> Resident | None:
        """A picture where it is, for a backend that converts it there; None for most."""
        return None

    def close(self) -> None:  # noqa: B027 (most hold nothing open)
        """Close what is held open; it may be called more than once."""


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
        if _is_stack(pictures.shape):
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


class VideoBackground(Background):
    """A video, decoded by ffmpeg straight into the canvas's format."""

    concurrent = False

    def __init__(self, path: str) -> None:
        from heatvid.sources._video import probe

        self._path, self.name = path, printable(path)
        self._pictures: Pictures | None = None  # until they are decoded into a canvas
        self._reader: VideoReader | None = None
        try:
            self._info = probe(path, self._decoded_size)
        except BaseException:
            self.close()
            raise
        self.fps = self._info.fps
        self.size, self.length = (self._info.height, self._info.width), self._info.frames

    def _decoded_size(self) -> Size | None:
        from heatvid._video.in_process_decoder import Pictures, can_decode

        if not can_decode():
            return None
        self._pictures = Pictures(self._path)
        return self._pictures.size

    def start(self, canvas: Canvas) -> None:
        """Start decoding."""
        from heatvid.sources._video import VideoReader

        pictures, self._pictures = self._pictures, None
        self._reader, self._next = VideoReader(self._info, canvas, pictures=pictures), 0

    def read(self, start: int, out: Bytes) -> None:
        """Read frames, at or after the end of the last read."""
        assert self._reader is not None, "the background was not started"
        assert start >= self._next, f"{start = }, {self._next = }"
        while self._next < start:
            self._reader.read(1, out[:1])
            self._next += 1
        got = self._reader.read(len(out), out)
        if got < len(out):
            raise SourceError(
                f"{self.name}: the video ended after {start + got} frames of {self.length}; "
                "it is damaged or was cut"
            )
        self._next += got

    def close(self) -> None:
        """End the decoder."""
        for opened in (self._pictures, self._reader):
            if opened is not None:
                opened.close()


class SelectedBackground(Background):
    """Some pictures of a background, those at ``indices``."""

    def __init__(self, inner: Background, indices: range) -> None:
        if indices.step < 0 and not inner.concurrent:
            raise OptionError(
                f"frames: backwards over {inner.name}, which is read forwards only; allowed is a "
                "positive step"
            )
        self._inner, self._indices = inner, indices
        self.name, self.size, self.concurrent = inner.name, inner.size, inner.concurrent
        self.length = len(indices)
        self.fps = None if inner.fps is None else inner.fps / abs(indices.step)

    def start(self, canvas: Canvas) -> None:
        """Say which canvas the frames are for."""
        self._inner.start(canvas)

    def read(self, start: int, out: Bytes) -> None:
        """Fill ``out`` with the selected pictures from ``start`` on."""
        if self._indices.step == 1:
            self._inner.read(self._indices[start], out)
            return
        for i, frame in enumerate(out):
            self._inner.read(self._indices[start + i], frame[None])

    def close(self) -> None:
        """Close the background within."""
        self._inner.close()


def open_background(value: Any) -> Background | None:
    """Open a background.

    Parameters
    ----------
    value : str, path, array, or sequence of paths or arrays
        A video or image file, a folder or glob pattern of images, pictures as an array of shape
        (H, W, 3), (T, H, W) or (T, H, W, 3), uint8 or float in 0..1; or a colour.

    Returns
    -------
    Background or None
        None for a colour, which needs no frames.

    Raises
    ------
    SourceError, OptionError
        It cannot be read, or is none of these.
    """
    if isinstance(value, Background):
        return value
    if is_array(value):
        return _from_array(value)
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (str, os.PathLike)):
        return FolderBackground("background", [os.fsdecode(path) for path in value])
    if isinstance(value, (list, tuple)) and value and all(map(is_array, value)):
        return _from_array(_stacked(value))
    if isinstance(value, (str, bytes, os.PathLike)):
        opened = _from_path(os.fsdecode(value))
        if opened is not None:
            return opened
    _demand_color(value)
    return None


def _from_path(path: str) -> Background | None:
    suffix = os.path.splitext(path)[1].lower()
    if os.path.isdir(path):
        return _from_files(path, [os.path.join(path, name) for name in os.listdir(path)])
    if not os.path.lexists(path) and has_magic(path):
        return _from_files(path, glob(path, recursive=True))
    if suffix == ".npy":
        return _from_npy(path)
    if suffix == ".npz" and os.path.lexists(path):
        raise SourceError(
            f"{printable(path)}: is no background as it stands; save the array of its pictures as "
            ".npy, or pass it as background=np.load(...)[key]"
        )
    if suffix in _PICTURES:
        return StillBackground(printable(path), read_picture(path))
    if suffix in VIDEO_SUFFIXES or os.path.lexists(path):
        return VideoBackground(path)
    return None


def _from_files(name: str, paths: Sequence[str]) -> FolderBackground:
    pictures = [
        path
        for path in sorted(paths, key=natural_key)
        if path.lower().endswith(_PICTURES) and not os.path.basename(path).startswith(".")
    ]
    if not pictures:
        raise SourceError(
            f"{printable(name)}: holds no pictures for a background; allowed are "
            f"{', '.join(_PICTURES)}"
        )
    return FolderBackground(printable(name), pictures)


def _from_npy(path: str) -> Background:
    file = RegularFile(path)
    try:
        header = read_header(file.read, file.label)
        demand_data(header, file.size - len(header.raw), file.label)
        if _is_stack(header.shape) and header.data_bytes and not header.fortran_order:
            return NpyBackground(file, header)
        opened = _from_array(np.load(path, allow_pickle=False), file.label)
    except BaseException:
        file.close()
        raise
    file.close()
    return opened


def _is_stack(shape: tuple[int, ...]) -> bool:
    """Whether an array holds one picture a frame."""
    return len(shape) == (4 if shape[-1:] in ((3,), (4,)) else 3)


def _is_picture(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 or (len(shape) == 3 and shape[-1] in (3, 4))


def _stacked(pictures: Sequence[Any]) -> AnyArray:
    arrays = [to_host(picture, "background") for picture in pictures]
    shapes = sorted({array.shape for array in arrays})
    if len(shapes) > 1:
        raise SourceError(
            f"background: pictures of shapes {shapes[0]} and {shapes[-1]}; all need one shape"
        )
    return np.stack(arrays)


def _from_array(value: Any, name: str = "background") -> Background:
    array: Any = value if isinstance(value, Resident) else to_host(value, name)
    if array.size and (_is_stack(array.shape) or _is_picture(array.shape)):
        if isinstance(array, Resident):
            return ResidentBackground(name, array)
        if _is_stack(array.shape):
            return ArrayBackground(name, array)
        return StillBackground(name, as_rgb(array, name))
    raise SourceError(
        f"{name}: an array of shape {array.shape}; allowed are pictures of shape (H, W), "
        "(H, W, 3), (T, H, W) and (T, H, W, 3)"
    )


def as_rgb(picture: AnyArray, name: str) -> NDArray[np.uint8]:
    """Bring a gray or RGB(A) picture, uint8 or float in 0..1, to (H, W, 3) uint8; alpha is cut."""
    if picture.dtype == np.bool_:
        picture = picture * np.uint8(255)
    if picture.dtype.kind == "f":
        low, high = picture.min(), picture.max()
        if not (low >= 0 and high <= 1):
            raise SourceError(
                f"{name}: floats in {low:g}..{high:g}; allowed are floats in 0..1 and uint8"
            )
        picture = np.rint(picture.astype(np.float32) * 255).astype(np.uint8)
    if picture.dtype != np.uint8:
        raise SourceError(f"{name}: pictures of {picture.dtype}; allowed are uint8, floats in 0..1")
    if picture.ndim == 2:
        return np.broadcast_to(picture[..., None], (*picture.shape, 3))
    return picture[..., :3]


def read_picture(path: str) -> NDArray[np.uint8]:
    """Read an image file as it is meant to be seen, upright, (H, W, 3) uint8."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I"):  # 16 bits, which Pillow would clip to 8
                return as_rgb(np.asarray(upright).astype(np.float32) / 65_535, path)
            return np.asarray(upright.convert("RGB"))
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise SourceError(
            f"{printable(path)}: cannot be read as a picture ({printable(str(error))})"
        ) from error


def _demand_color(value: Any) -> None:
    try:
        parse_color(value, "background")
    except OptionError as error:
        raise OptionError(
            f"background: {value!r} is neither a file that exists nor a colour; allowed are an "
            "image, a folder or glob of images, a video, an array, and colours such as 'black'"
        ) from error


def _wxh(shape: Sequence[int]) -> str:
    return f"{shape[1]}x{shape[0]}"
