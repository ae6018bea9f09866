"""The colours of a GIF: counted as its frames come, then as many as a palette holds for all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray, Bytes

MOST = 256
_BITS = 6  # of a channel that are counted: enough for a palette of few colours
_CUT, _CELLS = 8 - _BITS, 1 << 3 * _BITS


class Colors:
    """The colours of frames in RGB: all, as long as they are few, and how often they come."""

    def __init__(self) -> None:
        self._seen: Bytes | None = np.zeros(1 << 24, np.uint8)
        self._counts = np.zeros(_CELLS, np.int64)  # of colours that are alike

    def add(self, frame: Bytes) -> None:
        """Take a frame's, shape (3 n,) uint8."""
        rgb = frame.reshape(-1, 3).astype(np.uint32)
        if self._seen is not None:
            self._seen[_joined(rgb, 8)] = 1
            if np.count_nonzero(self._seen) > MOST:
                self._seen = None
        self._counts += np.bincount(_joined(rgb >> _CUT, _BITS), minlength=_CELLS)

    @property
    def too_many(self) -> bool:
        """Whether they are more than a palette holds."""
        return self._seen is None

    def palette(self) -> bytes:
        """Red, green and blue of each colour; where they are too many, of those that suit all."""
        if self._seen is None:
            return _chosen(self._counts)
        return _apart(np.flatnonzero(self._seen), 8).astype(np.uint8).tobytes()


def coarse() -> str:
    """Ffmpeg's filter that makes one of colours that were counted as one."""
    kept, middle = 256 - (1 << _CUT), 1 << (_CUT - 1)
    return "lutrgb=" + ":".join(f"{channel}=bitand(val\\,{kept})+{middle}" for channel in "rgb")


@dataclass(frozen=True, eq=False)
class _Box:
    """Colours that are shown as one, shape (n, 3), and how often each comes."""

    colors: NDArray[np.float64]
    counts: NDArray[np.int64]

    @cached_property
    def mean(self) -> NDArray[np.float64]:
        found: NDArray[np.float64] = self.counts @ self.colors / self.counts.sum()
        return found

    @cached_property
    def spreads(self) -> NDArray[np.float64]:
        """Squares of what red, green and blue are off by, in all."""
        found: NDArray[np.float64] = self.counts @ (self.colors - self.mean) ** 2
        return found

    @cached_property
    def spread(self) -> float:
        return float(self.spreads.max())

    def halves(self) -> tuple[_Box, _Box]:
        """Those below and above the mean of the channel that is off most."""
        channel = int(self.spreads.argmax())
        below = self.colors[:, channel] <= self.mean[channel]
        return tuple(_Box(self.colors[part], self.counts[part]) for part in (below, ~below))  # type: ignore[return-value]  # two parts


def _chosen(counts: NDArray[np.int64]) -> bytes:
    """Cut the colours apart where they are off most, until a palette is full; means of the boxes.

    The errors are smaller than those of ffmpeg's palettegen, in less time.
    """
    cells = np.flatnonzero(counts)
    middle = ((1 << _CUT) - 1) / 2
    colors = (_apart(cells, _BITS) << _CUT).astype(np.float64) + middle
    boxes = [_Box(colors, counts[cells])]
    while len(boxes) < MOST:
        widest = max(boxes, key=lambda box: box.spread)
        if widest.spread == 0:
            break
        boxes.remove(widest)
        boxes += widest.halves()
    return np.rint([box.mean for box in boxes]).astype(np.uint8).tobytes()


def _joined(rgb: AnyArray, bits: int) -> AnyArray:
    """One number a colour."""
    numbers: AnyArray = rgb[:, 0] << 2 * bits | rgb[:, 1] << bits | rgb[:, 2]
    return numbers


def _apart(numbers: AnyArray, bits: int) -> AnyArray:
    """Red, green and blue of numbers that :func:`_joined` made."""
    return np.stack([numbers >> 2 * bits, numbers >> bits, numbers], 1) & ((1 << bits) - 1)
