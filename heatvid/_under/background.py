"""What a background is: pictures of one size, as frames of a canvas."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import ClassVar

from heatvid._canvas import Canvas
from heatvid._errors import OptionError
from heatvid._frames import Bytes, Resident


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
