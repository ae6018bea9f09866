"""What comes beside a field's frames, its background and its masks, on the way into slots."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

from heatvid._canvas import Canvas
from heatvid._errors import OptionError, brief
from heatvid._options.options import Options
from heatvid._under.background import Background, SelectedBackground
from heatvid._under.lengths import demand_all_used, demand_as_many, demand_until
from heatvid._under.masks import Masks
from heatvid._under.opening import open_background
from heatvid._under.resized import resized
from heatvid._under.retimed import RetimedBackground
from heatvid._values.timeline import Timeline
from heatvid.backends import Slot
from heatvid.sources._selection import parse_frames

Before = Callable[[], None] | None  # what a render thread does ahead of rendering


class Beside:
    """The background and the masks that the options name, opened, and closed with this.

    Attributes
    ----------
    background : Background or None
    masks : Masks or None
    kind : {"frames", "color", None}
        What lies under the field; "color" is that of the options.
    """

    def __init__(self, options: Options) -> None:
        self.background: Background | None = None
        self.masks: Masks | None = None
        self._filled: set[int] = set()  # slots that hold what never changes already
        with ExitStack() as stack:
            stack.callback(self.close)
            if options.background is not None:
                self.background = open_background(options.background)
            if options.background_frames is not None:
                self.background = _cut(self.background, options.background_frames)
            if options.alpha_mask is not None:
                self.masks = Masks(options.alpha_mask)
            stack.pop_all()
        color = options.background is not None and self.background is None
        self.kind = "frames" if self.background is not None else "color" if color else None

    def select(self, indices: range, inner_length: int | None) -> None:
        """Choose the same frames of what is as long as that from which the field's are chosen."""
        if self.background is not None and self.background.length == inner_length:
            self.background = SelectedBackground(self.background, indices)
        if self.masks is not None and self.masks.length == inner_length:
            self.masks.select(indices)

    def part(self, frames: range) -> None:
        """Leave only what comes beside these frames of the field."""
        if self.background is not None and not self.background.still:
            self.background = SelectedBackground(self.background, frames)
        if self.masks is not None and not self.masks.still:
            self.masks.select(frames)

    def retime(self, background: Timeline | None, masks: Timeline | None) -> None:
        """Show what has a timeline at the times of an output."""
        if self.background is not None and background is not None:
            self.background = RetimedBackground(self.background, background)
        if self.masks is not None and masks is not None:
            self.masks.retime(masks)

    def bring_to(self, canvas: Canvas | None) -> None:
        """Bring pictures to the size of a canvas; without one they are not shown, and left out."""
        if self.background is None:
            return
        if canvas is None:
            self.background.close()
            self.background = None
        else:
            self.background = resized(self.background, canvas)

    def check(self, name: str, frames: int | None) -> None:
        """Demand as many as the field has, or one for all."""
        for companion in (self.background, self.masks):
            if companion is not None:
                demand_as_many(companion, name, frames)

    def demand_until(self, stop: int) -> None:
        """Demand as many as ``stop``, or one for all."""
        for companion in (self.background, self.masks):
            if companion is not None:
                demand_until(companion, stop)

    def start(self, canvas: Canvas) -> None:
        """Say which canvas the background is for."""
        if self.background is not None:
            self.background.start(canvas)

    def lay(self, slot: Slot, start: int, place: int, count: int) -> Before:
        """Fill ``count`` places of a slot, from ``place`` on, with what belongs to ``start`` on.

        What never changes is copied once a slot.

        Returns
        -------
        callable or None
            What the render thread is to read first, where the order does not matter.
        """
        new = id(slot) not in self._filled
        self._filled.add(id(slot))
        self._lay_masks(slot, start, place, count, new)
        background = self.background
        if background is None:
            return None
        if background.still:
            if new:
                background.read(0, slot.background)
            return None
        demand_until(background, start + count)
        out = slot.background[place : place + count]
        if background.concurrent:
            return partial(background.read, start, out)
        background.read(start, out)
        return None

    def _lay_masks(self, slot: Slot, start: int, place: int, count: int, new: bool) -> None:
        if self.masks is None:
            return
        if self.masks.still:
            if new:
                self.masks.read(0, slot.mask)
            return
        self.masks.read(start, slot.mask[place : place + count])

    def check_all_used(self, name: str, frames: int) -> None:
        """Demand that nothing is left over after ``frames`` predictions."""
        for companion in (self.background, self.masks):
            if companion is not None:
                demand_all_used(companion, name, frames)

    def close(self) -> None:
        """Close both; it may be called more than once."""
        for companion in (self.background, self.masks):
            if companion is not None:
                companion.close()


def _cut(background: Background | None, frames: Any) -> Background:
    """Choose some of a background's pictures."""
    wanted = parse_frames(frames, "background_frames")
    if background is None or background.length is None:
        name = "a colour" if background is None else f"{background.name}, one picture"
        raise OptionError(
            f"background_frames: got {brief(frames)} of {name}; allowed is a background of several "
            "pictures"
        )
    indices = range(*wanted.indices(background.length))
    if not indices:
        raise OptionError(
            f"background_frames: got {brief(frames)}, none of the {background.length} pictures of "
            f"{background.name}; the first is 0, the last {background.length - 1}"
        )
    return SelectedBackground(background, indices)
