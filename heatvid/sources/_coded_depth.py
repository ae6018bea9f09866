"""Depth in PNG files of 16 bits as codes: of ROS, behind a header, and of MoGe, between two ends.

ROS's compressedDepth has 12 bytes before the PNG, which hold how inverse depths were quantised;
MoGe's ``write_depth`` has logarithmic codes between the texts ``near`` and ``far``:
https://github.com/ros-perception/image_transport_plugins (compressed_depth_image_transport),
https://github.com/microsoft/MoGe (moge/utils/io.py)
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import SourceError, called
from heatvid._frames import AnyArray
from heatvid.sources._files import FrameFile
from heatvid.sources._images import open_image, opened, ros_header_of

_CODES = 1 << 16
_LAST = _CODES - 1
# What ROS lets its users choose: metres, and the depth at which steps are a metre.
_LEAST_DEPTH, _MOST_DEPTH, _MOST_STEPS = 0.9, 110.0, 160.0


class Coded(NamedTuple):
    """What codes stand for.

    Attributes
    ----------
    units : str
    table : ndarray of float32, shape (65536,)
        The depth of each code, NaN where it stands for none.
    """

    units: str
    table: NDArray[np.float32]


def codes_of(path: str) -> Coded | None:
    """Tell what the codes of an image are; None where it holds values."""
    with opened(path) as image:
        header, texts = ros_header_of(path), image.info
    if header:
        return _of_ros(header)
    near, far = (_number(texts.get(name)) for name in ("near", "far"))
    return _of_moge(near, far) if 0 < near < far < math.inf else None


@contextmanager
def open_depth(path: str) -> Iterator[FrameFile]:
    """Open an image of codes as depth of shape (H, W)."""
    coded = codes_of(path)
    with open_image(path) as file:
        if coded is None or len(file.shape) != 2 or file.dtype != np.uint16:
            raise SourceError(
                f"{called(path)}: is {file.shape} {file.dtype}, {'' if coded else 'not '}coded "
                "depth; allowed are greys of 16 bits, all with ROS's header, or with MoGe's ends"
            )
        table = coded.table

        def load(out: AnyArray) -> None:
            stored = np.empty(file.shape, file.dtype)
            file.load(stored)
            np.take(table, stored, out=out, mode="clip")  # which needs no copy

        yield FrameFile(file.shape, np.dtype(np.float32), load)


def _of_ros(header: bytes) -> Coded:
    """Depth as the sensor gives it, or inverse depth where the header says how it was quantised.

    Of the former it says nothing, and may hold what memory held.
    """
    scale, shift = struct.unpack("<ff", header[4:])
    codes = np.arange(_CODES, dtype=np.float64)
    quantised = _is_quantisation(scale, shift)
    if quantised:
        codes[1:] = scale / (codes[1:] - shift)
    codes[0] = np.nan
    return Coded("m" if quantised else "mm", codes.astype(np.float32))


def _is_quantisation(scale: float, shift: float) -> bool:
    """Whether ``scale`` is q (q + 1) and ``shift`` 1 - scale / depth_max, of what may be chosen."""
    if not (math.isfinite(scale) and math.isfinite(shift) and shift < 1):
        return False
    return (
        1 < scale <= _MOST_STEPS * (_MOST_STEPS + 1)
        and _LEAST_DEPTH <= scale / (1 - shift) <= _MOST_DEPTH
    )


def _of_moge(near: float, far: float) -> Coded:
    """Depth from near to far by equal ratios; the last code is infinite."""
    part = (np.arange(_CODES, dtype=np.float64) - 1) / (_LAST - 2)
    depth = near ** (1 - part) * far**part
    depth[0], depth[_LAST] = np.nan, np.inf
    with np.errstate(over="ignore"):
        return Coded("", depth.astype(np.float32))


def _number(text: object) -> float:
    """A text as a number; NaN where it is none."""
    try:
        return float(str(text))
    except ValueError:
        return math.nan
