"""What comes with each batch beside the field: its background and its masks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from heatvid._errors import SourceError
from heatvid._under.background import Background
from heatvid._under.masks import Masks
from heatvid._under.stills import StillBackground
from heatvid.backends import Slot
from heatvid.sources import Source


class BatchInputs:
    """Fills the background and the mask of slot after slot.

    Parameters
    ----------
    background : Background or None
    masks : Masks or None
    """

    def __init__(self, background: Background | None, masks: Masks | None) -> None:
        self._background, self._masks = background, masks
        self._filled: set[int] = set()  # slots that hold what never changes already

    def fill(self, slot: Slot, start: int, count: int) -> Callable[[], None] | None:
        """Read what belongs to the frames from ``start`` on.

        Returns
        -------
        callable or None
            What the render thread is to read first, where the order does not matter.
        """
        new = id(slot) not in self._filled
        self._filled.add(id(slot))
        self._fill_mask(slot, start, count, new)
        background = self._background
        if background is None:
            return None
        if isinstance(background, StillBackground):
            if new:
                background.read(0, slot.background)
            return None
        if background.length is not None and start + count > background.length:
            raise SourceError(
                f"background: {background.name} ends after {background.length} frames, and there "
                "are more predictions; allowed are equal lengths, or one still picture"
            )
        out = slot.background[:count]
        if background.concurrent:
            return partial(background.read, start, out)
        background.read(start, out)
        return None

    def _fill_mask(self, slot: Slot, start: int, count: int, new: bool) -> None:
        if self._masks is None:
            return
        if self._masks.length == 1:
            if new:
                self._masks.read(0, slot.mask)
            return
        self._masks.read(start, slot.mask[:count])

    def check_all_used(self, source: Source, frames: int) -> None:
        """Demand that nothing is left over after ``frames`` predictions."""
        background = self._background
        if background is not None and background.length not in (None, frames):
            raise SourceError(
                f"background: {background.name} has {background.length} frames, {source.name} "
                f"ended after {frames}; allowed are equal lengths, or one still picture"
            )
        if self._masks is not None and self._masks.length not in (None, 1, frames):
            raise SourceError(
                f"alpha_mask: {self._masks.name} has {self._masks.length} frames, {source.name} "
                f"ended after {frames}; allowed are equal lengths, or one mask"
            )
