"""Pictures in device memory to frames of a canvas there, by the kernel of ``pictures.cu``."""

from __future__ import annotations

from typing import Any

import numpy as np

from heatvid._canvas import Canvas
from heatvid._color.colorspace import integer_matrix
from heatvid._errors import SourceError
from heatvid.backends._cuda.arrays import DeviceFrames
from heatvid.backends._cuda.memory import Home

_PIXELS = {
    "uint8": "BYTES", "bool": "BOOLS", "float16": "HALFS", "float32": "FLOATS", "float64": "DOUBLES"
}  # fmt: skip
_LAYOUTS = {
    "rgb24": "RGB", "yuv420p": "PLANAR_420", "nv12": "INTERLEAVED_420", "yuv444p": "PLANAR_444"
}  # fmt: skip
_SIZES = ("height", "width", "channels")
_STRIDES = ("row_stride", "column_stride", "channel_stride")
_PICTURE = np.dtype(
    [
        ("picture", "u8"),
        *((name, "i8") for name in (*_SIZES, *_STRIDES, "canvas_height", "canvas_width")),
        ("frame", "u8"),
        ("beyond", "u8"),
        ("matrix", "i4", (3, 3)),
        ("offset", "i4", 3),
    ]
)
_THREADS = (32, 8)
_MOST_BLOCKS = 65_535


def to_canvas(home: Home, picture: DeviceFrames, canvas: Canvas, frame: Any, beyond: Any) -> None:
    """Enqueue the conversion of a picture, shape (H, W) or (H, W, 3 or 4), on the current stream.

    ``frame`` is device memory of ``canvas.frame_bytes``; ``beyond``, one int32, is set where a
    float is not in 0..1.
    """
    job = np.zeros((), _PICTURE)
    job["picture"], job["frame"], job["beyond"] = (
        array.data.ptr for array in (picture.array, frame, beyond)
    )
    for names, numbers in (
        (_SIZES, (*picture.shape, 1)), (_STRIDES, (*picture.array.strides, 0))
    ):  # fmt: skip
        for name, number in zip(names, numbers[:3], strict=True):
            job[name] = number
    job["canvas_height"], job["canvas_width"] = canvas.height, canvas.width
    job["matrix"], job["offset"] = integer_matrix(canvas.color_range)
    defines = {"PIXEL": _pixel(picture), "LAYOUT": _LAYOUTS[canvas.pixel_format]}
    across, down = (
        min(-(-size // (2 * threads)), _MOST_BLOCKS)
        for size, threads in zip((canvas.width, canvas.height), _THREADS, strict=True)
    )
    kernel = home.kernel("pictures.cu", "picture_to_canvas", defines)
    kernel((across, down, 1), (*_THREADS, 1), (job.reshape(1),))


def _pixel(picture: DeviceFrames) -> str:
    if picture.bfloat16:
        return "BFLOATS"
    if picture.dtype.name not in _PIXELS:
        raise SourceError(
            f"background: pictures of {picture.dtype}; allowed are uint8, floats in 0..1"
        )
    return _PIXELS[picture.dtype.name]
