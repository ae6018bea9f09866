"""Values as gray pictures: planes one above the other, in the luma of a video of full range.

The uppermost plane holds the values, their high bytes where they have 16 bits; then come their low
bytes, and where there may be any, marks of what is no value: NaN, or beyond the limits. A plane of
marks costs next to nothing where there are few, and keeps all 256 levels for values; its four
levels lie so far apart that no loss mistakes them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._encode.sink import FileSink, Sink
from heatvid._frames import Bytes

UNDER, OVER, BAD = 85, 170, 255  # marks; 0 is a value
_BLOCK = 16  # rows that are encoded together: no block has two planes


@dataclass(frozen=True)
class Planes:
    """How values lie in a picture.

    Attributes
    ----------
    height, width : int
        Of the field.
    bits : int
        Of a value, 8 or 16.
    marked : bool
        Whether there is a plane of marks.
    exact : bool
        Whether what is written comes back.
    """

    height: int
    width: int
    bits: int
    marked: bool
    exact: bool

    @property
    def count(self) -> int:
        """Planes of a picture."""
        return self.bits // 8 + self.marked

    @property
    def rows(self) -> int:
        """Rows of a plane, those that fill it up included."""
        whole = 2 if self.count == 1 else _BLOCK
        return -(-self.height // whole) * whole

    @property
    def canvas(self) -> Canvas:
        """The picture."""
        return Canvas("yuv420p", self.rows * self.count, self.width, "pc")

    @property
    def levels(self) -> int:
        """Places of values between the limits."""
        return 1 << self.bits

    def table(self) -> NDArray[np.uint8]:
        """Colours that stand for places, shape (levels, 3): high or only byte, mark, low byte."""
        places = np.arange(self.levels)
        high = places >> 8 if self.bits == 16 else places
        return np.stack([high, 0 * places, places & 255], -1).astype(np.uint8)

    bad = (0, BAD, 0)  # the colour that stands for what is no value

    @property
    def ends(self) -> dict[str, tuple[int, int, int]]:
        """Colours that stand for what has no place."""
        return {"under": (0, UNDER, 0), "over": (255, OVER, 255), "bad": self.bad}


class PlanesSink(Sink):
    """Takes pictures of :meth:`Planes.table`'s colours, and writes their planes to another sink.

    Parameters
    ----------
    planes : Planes
    sink : FileSink
        Of the planes' canvas.
    """

    def __init__(self, planes: Planes, sink: FileSink) -> None:
        self._planes, self._sink = planes, sink
        self.sound = sink.sound
        self._picture = np.full((1, planes.canvas.frame_bytes), 128, np.uint8)
        (luma, *_) = planes.canvas.samples_of(self._picture[0])
        self._luma = luma.reshape(planes.count, planes.rows, -1)

    def write(self, frames: Bytes, *, lend: bool = False) -> None:
        """Write frames of RGB, shape (n, 3 * height * width)."""
        planes = self._planes
        for frame in frames:
            colors = frame.reshape(planes.height, planes.width, 3)
            parts = [colors[..., 0]]
            if not planes.exact and planes.marked:
                parts[0] = _filled(colors[..., 0], colors[..., 1])
            if planes.bits == 16:
                parts.append(colors[..., 2])
            if planes.marked:
                parts.append(colors[..., 1])
            for plane, part in zip(self._luma, parts, strict=True):
                _lay(part, plane)
            self._sink.write(self._picture)

    def finish(self) -> None:
        """Complete the other sink."""
        self._sink.finish()

    def kill(self) -> None:
        """Make a write under way fail."""
        self._sink.kill()

    def abort(self) -> None:
        """Leave nothing behind."""
        self._sink.abort()


def _lay(part: Bytes, plane: Bytes) -> None:
    """Fill a plane, what lies beyond the part with its last rows and columns."""
    height, width = part.shape
    plane[:height, :width] = part
    plane[:height, width:] = part[:, -1:]
    plane[height:] = plane[height - 1]


def _filled(values: Bytes, marks: Bytes) -> Bytes:
    """Values, where there are none the last one on their left: an edge would cost, and blur."""
    if not (marks == BAD).any():
        return values
    columns = np.where(marks == BAD, 0, np.arange(values.shape[1]))
    return np.take_along_axis(values, np.maximum.accumulate(columns, axis=1), axis=1)
