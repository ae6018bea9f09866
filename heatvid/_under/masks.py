"""Opacity of each pixel: a mask for all frames, or one for each, as float32 in 0..1."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import SourceError, UsageError
from heatvid._under.lengths import ended
from heatvid.sources import Source, open_source
from heatvid.sources._selection import Selection

_ROUNDING = 1e-3  # by which what a network calls a probability may leave 0..1


class Masks:
    """Masks read from anything that holds frames.

    Attributes
    ----------
    name : str
        For messages.
    size : (int, int)
        Height and width.
    length : int or None
        Masks; 1 for one that lies over every frame, None for a stream.
    """

    option: ClassVar[str] = "alpha_mask"

    def __init__(self, value: Any) -> None:
        self._source = _opened(value)
        self.name, self.length = self._source.name, self._source.length
        height, width = self._source.frame_shape[:2]
        self.size = (height, width)
        kind = self._source.dtype
        if kind not in (np.uint8, np.bool_) and kind.kind != "f":
            raise SourceError(
                f"alpha_mask: {self.name} is {kind}; allowed are floats in 0..1, uint8 in 0..255 "
                "and bool"
            )
        self._scale = np.float32(255 if kind == np.uint8 else 1)
        self._still: NDArray[np.float32] | None = None

    def select(self, indices: range) -> None:
        """Choose the same masks as frames were chosen, of as many."""
        self._source = Selection(self._source, indices)
        self.length = len(indices)

    @property
    def still(self) -> bool:
        """Whether one mask lies over every frame."""
        return self.length == 1

    def read(self, start: int, out: NDArray[np.float32]) -> None:
        """Fill ``out``, shape (n, h, w) float32, with the masks from ``start`` on."""
        if self.still:
            if self._still is None:
                self._still = self._scaled(0, 1)
            out[:] = self._still
            return
        got = self._scaled(start, len(out))
        if len(got) < len(out):
            raise ended(self, start + len(got))
        out[:] = got

    def _scaled(self, start: int, count: int) -> NDArray[np.float32]:
        scaled: NDArray[np.float32] = self._source.read(start, count).astype(np.float32)
        scaled /= self._scale
        _demand_opacity(scaled, self.name)
        return scaled

    def close(self) -> None:
        """Close what is held open."""
        self._source.close()


def _opened(value: Any) -> Source:
    try:
        return open_source(value)
    except UsageError as error:
        raise type(error)(f"alpha_mask: {error}") from error


def _demand_opacity(mask: NDArray[np.float32], name: str) -> None:
    """Refuse levels such as 0..255 as floats; NaN counts as 0, and ends are clipped later."""
    beyond = (mask < -_ROUNDING) | (mask > 1 + _ROUNDING)
    if beyond.any():
        raise SourceError(
            f"alpha_mask: {name} holds {mask[beyond][0]:g}; allowed are floats in 0..1, uint8 in "
            "0..255 and bool"
        )
