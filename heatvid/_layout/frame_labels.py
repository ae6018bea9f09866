"""What frames are by their number: their time and their name, for the texts that tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Box
from heatvid._frames import Bytes
from heatvid._layout.piece import Moving
from heatvid._layout.texts import Extent, FrameFacts
from heatvid._plan.frame import Facts, limits_of
from heatvid._values.limits import Limits
from heatvid._values.timeline import Clock


@dataclass(frozen=True, eq=False)
class FrameLabels:
    """Times and names of frames.

    Attributes
    ----------
    clock : Clock
        Of the output.
    times : ndarray of datetime64, shape (T,), or None
        When each frame was, where that is known.
    labels : sequence of str or None
        Names of each frame.
    source : str
        Name of all, where they have none.
    values : Limits or None
        What the field's values lie between, as far as that is known.
    """

    clock: Clock
    times: NDArray[np.datetime64] | None = None
    labels: Sequence[str] | None = None
    source: str = ""
    values: Limits | None = None

    @property
    def dated(self) -> bool:
        """Whether frames have dates."""
        return self.times is not None

    @property
    def name(self) -> str | None:
        """Name of all frames; None where each has its own."""
        return self.source if self.labels is None else None

    @property
    def extent(self) -> Extent:
        """What is known beforehand of all frames."""
        length = self.clock.length
        ends = [] if length is None else [self.clock.at(0), self.clock.at(length - 1)]
        seconds = float(max(ends)) if ends else None
        return Extent(length, seconds, tuple(self.labels or (self.source,)), self.values)

    def of(self, index: int, facts: Facts) -> FrameFacts:
        """All that texts can say of a frame."""
        labels, times = self.labels, self.times
        name = self.source if labels is None else labels[min(index, len(labels) - 1)]
        time: float | np.datetime64 = (
            float(self.clock.at(index)) if times is None else times[min(index, len(times) - 1)]
        )
        limits = facts.limits if isinstance(facts.limits, Limits) else None
        return FrameFacts(time, name, facts.values, limits)


@dataclass(frozen=True, eq=False)
class Told:
    """What moves, with what tells it which frame it is.

    Attributes
    ----------
    needs_values : bool
        Whether it says something of a frame's values.
    channel : int or None
        The one that it tells of, where channels have limits of their own.
    """

    moving: Moving
    labels: FrameLabels
    needs_values: bool = False
    channel: int | None = None

    @property
    def shows_through(self) -> Box | None:
        """The pixels that it changes, where some of what was there is seen; None of nothing."""
        return None if self.moving.covers else self.moving.box

    def draw(self, frame: Bytes, index: int, facts: Facts) -> None:
        """Draw what it says of frame ``index`` into it, shape (frame_bytes,) uint8."""
        if facts.limits is not None:
            facts = facts._replace(limits=limits_of(facts.limits, self.channel))
        self.moving.draw(frame, index, self.labels.of(index, facts))
