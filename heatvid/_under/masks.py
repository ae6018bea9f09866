"""Opacity of each pixel: a mask for all frames, or one for each, as float32 in 0..1."""

from __future__ import annotations

import os
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import OptionError, SourceError, UsageError
from heatvid._frames import AnyArray
from heatvid._under.lengths import ended
from heatvid._values.timeline import Timeline
from heatvid.sources import Source, open_source
from heatvid.sources._axes import ChannelChoiceError, LayoutChoiceError
from heatvid.sources._named import split_key
from heatvid.sources._retimed import RetimedSource
from heatvid.sources._selection import Selection

_WITH_ALPHA = (2, 4)  # channels
_ALLOWED = "allowed are one channel, three equal ones, and two or four, of which the last is taken"
_SHAPES = (
    "allowed are (H, W), (T, H, W), (T, H, W, C) and (T, C, H, W), C being 1, 3 for equal ones, or "
    "2 or 4, of which the last is taken"
)
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
        self._still: NDArray[np.float32] | None = None
        try:
            self._demand_gray_or_alpha()
            self._scale = np.float32(self._white())
        except BaseException:
            if self._source is not value:
                self.close()
            raise

    def _white(self) -> int:
        """The value that is wholly opaque."""
        kind = self._source.dtype
        white = self._source.white or (255 if kind == np.uint8 else 1)
        if white == 1 and kind != np.bool_ and kind.kind != "f":
            raise SourceError(
                f"alpha_mask: {self.name} is {kind}; allowed are floats in 0..1, uint8 in 0..255 "
                "and bool"
            )
        return white

    def _demand_gray_or_alpha(self) -> None:
        shape = self._source.frame_shape
        if len(shape) == 3 and not 2 <= shape[-1] <= 4:
            raise SourceError(f"alpha_mask: {self.name} has {shape[-1]} channels; {_ALLOWED}")

    def select(self, indices: range) -> None:
        """Choose the same masks as frames were chosen, of as many."""
        self._source = Selection(self._source, indices)
        self.length = len(indices)

    def retime(self, timeline: Timeline) -> None:
        """Show masks at the times of an output."""
        self._source = RetimedSource(self._source, timeline)
        self.length = timeline.clock.length

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
        try:
            levels = _one_channel(self._source.read(start, count), self.name)
        except SourceError as error:
            raise SourceError(f"alpha_mask: {error}") from error
        with np.errstate(all="ignore"):  # what is no opacity is refused below, in words
            scaled: NDArray[np.float32] = levels.astype(np.float32)
            scaled /= self._scale
        _demand_opacity(scaled, self.name)
        return scaled

    def close(self) -> None:
        """Close what is held open."""
        self._source.close()


def _opened(value: Any) -> Source:
    key = None
    if isinstance(value, str | os.PathLike):
        value, key = split_key(os.fsdecode(value))
    try:
        try:
            return open_source(value, key=key)
        except ChannelChoiceError:
            return open_source(value, key=key, channel="max")  # any mode: all channels are read
    except LayoutChoiceError as error:  # there is no layout of masks to be said
        raise SourceError(f"alpha_mask: {error.found}; {_SHAPES}") from None
    except UsageError as error:
        kind = OptionError if isinstance(error, OptionError) else SourceError
        raise kind(f"alpha_mask: {error}") from None  # in its words


def _one_channel(masks: AnyArray, name: str) -> AnyArray:
    """The alpha of gray or colours with alpha, or what three equal channels hold."""
    if masks.ndim == 3:
        return masks
    if masks.shape[-1] in _WITH_ALPHA:
        return masks[..., -1]
    if not all(np.array_equal(masks[..., 0], masks[..., i]) for i in range(1, masks.shape[-1])):
        raise SourceError(f"{name} has unequal channels, as of colours; {_ALLOWED}")
    return masks[..., 0]


def _demand_opacity(mask: NDArray[np.float32], name: str) -> None:
    """Refuse levels such as 0..255 as floats; NaN counts as 0, and ends are clipped later."""
    with np.errstate(invalid="ignore"):
        beyond = (mask < -_ROUNDING) | (mask > 1 + _ROUNDING)
    if beyond.any():
        raise SourceError(
            f"alpha_mask: {name} holds {mask[beyond][0]:g}; allowed are floats in 0..1, uint8 in "
            "0..255 and bool"
        )
