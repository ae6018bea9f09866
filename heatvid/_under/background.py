"""What a background is: pictures of one size, as frames of a canvas."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from heatvid._canvas import Canvas
from heatvid._errors import OptionError
from heatvid._frames import Bytes, Resident

if TYPE_CHECKING:
    from heatvid._video.sound import Sound


class Background(ABC):
    """Pictures of one size, as frames of a canvas.

    Attributes
    ----------
    name : str
        For messages.
    size : (int, int)
        Height and width.
    length : int or None
        Pictures; None for a still one.
    still : bool
        Whether one picture lies under every frame.
    fps : Fraction or None
        Of a video.
    concurrent : bool
        Whether :meth:`read` may be called by several threads at once and in any order.
    """

    option: ClassVar[str] = "background"
    name: str
    size: tuple[int, int]
    length: int | None = None
    fps: Fraction | None = None
    concurrent: bool = True

    @property
    def still(self) -> bool:
        """Whether one picture lies under every frame."""
        return self.length is None

    def start(self, canvas: Canvas, first: int = 0) -> None:
        """Say which canvas, of the background's size, and which picture is the ``first`` read."""
        self._canvas = canvas

    @abstractmethod
    def read(self, start: int, out: Bytes) -> None:
        """Fill ``out``, shape (n, frame_bytes) uint8, with the pictures from ``start`` on."""

    def resident(self, index: int) -> Resident | None:
        """A picture where it is, for a backend that converts it there; None for most."""
        return None

    def sound(self, index: int = 0) -> Sound | None:
        """What is heard from a picture on; None where there is nothing."""
        return None

    def close(self) -> None:  # noqa: B027 (most hold nothing open)
        """Close what is held open; it may be called more than once."""


def demand_direction(background: Background, step: int) -> None:
    """Refuse a step backwards over what is read forwards only."""
    if step < 0 and not background.concurrent:
        raise OptionError(
            f"frames: backwards over {background.name}, which is read forwards only; allowed is a "
            "positive step"
        )


class SelectedBackground(Background):
    """Some pictures of a background, those at ``indices``."""

    def __init__(self, inner: Background, indices: range) -> None:
        demand_direction(inner, indices.step)
        self._inner, self._indices = inner, indices
        self.name, self.size, self.concurrent = inner.name, inner.size, inner.concurrent
        self.length = len(indices)
        self.fps = None if inner.fps is None else inner.fps / abs(indices.step)

    def start(self, canvas: Canvas, first: int = 0) -> None:
        """Say which canvas the frames are for, and which is the first."""
        self._inner.start(canvas, self._indices[first])

    def read(self, start: int, out: Bytes) -> None:
        """Fill ``out`` with the selected pictures from ``start`` on."""
        if self._indices.step == 1:
            self._inner.read(self._indices[start], out)
            return
        for i, frame in enumerate(out):
            self._inner.read(self._indices[start + i], frame[None])

    def sound(self, index: int = 0) -> Sound | None:
        """What is heard from a picture on, were all shown."""
        return self._inner.sound(self._indices[index])

    def close(self) -> None:
        """Close the background within."""
        self._inner.close()


class RepeatedBackground(Background):
    """One picture under every frame, the only one of a background."""

    def __init__(self, inner: Background) -> None:
        self._inner = inner
        self.name, self.size = inner.name, inner.size

    def start(self, canvas: Canvas, first: int = 0) -> None:
        """Read the picture once."""
        self._inner.start(canvas)
        self._frame = np.empty((1, canvas.frame_bytes), np.uint8)
        self._inner.read(0, self._frame)

    def read(self, start: int, out: Bytes) -> None:
        """Fill all of ``out`` with the picture."""
        out[:] = self._frame

    def resident(self, index: int) -> Resident | None:
        """The picture where it is; see :meth:`Background.resident`."""
        return self._inner.resident(0)

    def close(self) -> None:
        """Close the background within."""
        self._inner.close()
