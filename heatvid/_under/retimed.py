"""A background's pictures at the times of an output."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from heatvid._canvas import Canvas
from heatvid._frames import Bytes
from heatvid._under.background import Background, demand_direction
from heatvid._values.timeline import Even, Timeline, runs

if TYPE_CHECKING:
    from heatvid._video.sound import Sound


class RetimedBackground(Background):
    """Another background's pictures, which it owns, as a timeline takes them.

    One that is shown several times is made once.

    Attributes
    ----------
    timeline : Timeline
    """

    def __init__(self, inner: Background, timeline: Timeline) -> None:
        demand_direction(inner, -1 if timeline.clock.backwards else 1)
        self._inner, self.timeline = inner, timeline
        self.name, self.size = inner.name, inner.size
        self.length, self.fps = timeline.clock.length, timeline.clock.fps
        self.concurrent = inner.concurrent and not timeline.repeats
        self._last = -1  # the picture that is kept

    def start(self, canvas: Canvas, first: int = 0) -> None:
        """Say which canvas the frames are for, and which is the first."""
        self._inner.start(canvas, int(self.timeline.taken(first, 1).first[0]))
        self._kept = np.empty(canvas.frame_bytes, np.uint8) if self.timeline.repeats else None

    def read(self, start: int, out: Bytes) -> None:
        """Fill ``out`` with the pictures from ``start`` on."""
        pictures = self.timeline.taken(start, len(out)).first
        for place, picture, count in runs(pictures):
            skipped = int(picture == self._last)
            if skipped and self._kept is not None:
                out[place] = self._kept
            if count > skipped:
                self._inner.read(picture + skipped, out[place + skipped : place + count])
        for place in (np.flatnonzero(np.diff(pictures) == 0) + 1).tolist():
            out[place] = out[place - 1]
        if self._kept is not None:
            self._last, self._kept[:] = int(pictures[-1]), out[-1]

    def sound(self, index: int = 0) -> Sound | None:
        """What is heard from a frame on, which may begin within a picture's time."""
        picture = int(self.timeline.taken(index, 1).first[0])
        sound, made = self._inner.sound(picture), self.timeline.made
        if sound is None or not isinstance(made, Even):
            return sound
        later = self.timeline.clock.at(index) - made.ends(picture)  # of those before it
        return replace(
            sound,
            at=sound.at + later,
            starts=sound.starts - later,
            seconds=sound.seconds - later,
        )

    def close(self) -> None:
        """Close the background within."""
        self._inner.close()
