"""Which frames of a sequence are shown when, as indices: by its rate or its times, and a clock.

A sequence's frame is shown from its own time until that of the next one; the last lasts as long as
the one before it. Times are exact fractions of seconds, so that no frame is one too early.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Hold = Literal["previous", "nearest", "linear"]


@dataclass(frozen=True)
class Clock:
    """When each frame of an output is, by the clock of what it shows.

    Attributes
    ----------
    fps : Fraction
        Frames a second of playing.
    length : int or None
        Frames; None where they end with what is shown.
    speed : Fraction
        Seconds of the clock that pass in one of playing.
    begins : Fraction
        The first frame's time, in seconds.
    backwards : bool
        Whether the last moment comes first; of a known length.
    """

    fps: Fraction
    length: int | None = None
    speed: Fraction = Fraction(1)
    begins: Fraction = Fraction(0)
    backwards: bool = False

    def at(self, frame: int) -> Fraction:
        """When a frame is, in seconds."""
        if self.backwards:
            assert self.length is not None, "what goes backwards has an end to begin at"
            frame = self.length - 1 - frame
        return self.begins + frame * self.speed / self.fps

    def seconds(self, start: int, count: int) -> NDArray[np.float64]:
        """When frames are, in seconds, shape (count,)."""
        return np.array([float(self.at(frame)) for frame in range(start, start + count)])


@dataclass(frozen=True)
class Even:
    """A sequence of frames evenly apart.

    Attributes
    ----------
    rate : Fraction
        Frames a second.
    length : int or None
        Frames; None where their number shows at the end.
    begins : Fraction
        The first one's time, in seconds.
    """

    rate: Fraction
    length: int | None
    begins: Fraction = Fraction(0)

    @property
    def lasts(self) -> Fraction:
        """How long the last frame is shown, in seconds."""
        return 1 / self.rate

    def ends(self, length: int) -> Fraction:
        """When the last of so many frames has been shown."""
        return self.begins + length / self.rate

    def place(self, moment: Fraction) -> Fraction:
        """Which frame there is at a moment, and how far it is on the way to the next."""
        return (moment - self.begins) * self.rate


@dataclass(frozen=True)
class Uneven:
    """A sequence of frames at times of their own.

    Attributes
    ----------
    times : tuple of int
        When each is, in microseconds, rising.
    """

    times: tuple[int, ...]

    @property
    def begins(self) -> Fraction:
        """The first one's time, in seconds."""
        return Fraction(self.times[0], 1_000_000)

    @property
    def length(self) -> int:
        """Frames."""
        return len(self.times)

    @cached_property
    def lasts(self) -> Fraction:
        """How long the last frame is shown, in seconds: as the middle one of all does."""
        gaps = sorted(after - before for before, after in pairwise(self.times))
        return Fraction(max(gaps[len(gaps) // 2], 1) if gaps else 1_000_000, 1_000_000)

    def ends(self, length: int) -> Fraction:
        """When the last of so many frames, all of them, has been shown."""
        assert length == self.length, f"{length = }, {self.length = }"
        return Fraction(self.times[-1], 1_000_000) + self.lasts

    def place(self, moment: Fraction) -> Fraction:
        """Which frame there is at a moment, and how far it is on the way to the next."""
        tick = moment * 1_000_000
        frame = max(bisect_right(self.times, tick) - 1, 0)
        is_last = frame == self.length - 1
        gap = self.lasts * 1_000_000 if is_last else self.times[frame + 1] - self.times[frame]
        return frame + max(tick - self.times[frame], Fraction(0)) / gap


Made = Even | Uneven


class Taken(NamedTuple):
    """The frames of a sequence that some of an output show, shape (count,) each.

    Attributes
    ----------
    first, second : ndarray of intp
        The frames between which each lies; the same where it is one of them.
    weight : ndarray of float64
        Of the second, from 0 to below 1.
    """

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    weight: NDArray[np.float64]


@dataclass(frozen=True)
class Timeline:
    """Which frames of a sequence an output shows.

    Attributes
    ----------
    clock : Clock
        Of the output.
    made : Even or Uneven
        When the sequence's frames are.
    hold : {"previous", "nearest", "linear"}
        What is shown between two of them: the one before, the nearer one (of two equally near the
        one before), or what lies between.
    """

    clock: Clock
    made: Made
    hold: Hold = "previous"

    @property
    def identity(self) -> bool:
        """Whether each frame is shown once, in order."""
        clock, made = self.clock, self.made
        if not isinstance(made, Even) or clock.backwards or clock.length != made.length:
            return False
        return clock.begins == made.begins and made.rate * clock.speed == clock.fps

    @property
    def repeats(self) -> bool:
        """Whether a frame may be shown more than once."""
        return not isinstance(self.made, Even) or self.made.rate * self.clock.speed < self.clock.fps

    def taken(self, start: int, count: int, length: int | None = None) -> Taken:
        """The frames that ``count`` frames of the output show, from ``start`` on.

        ``length`` is the sequence's, where it was not known before; the last frame is shown beyond
        the end.
        """
        places = [self.made.place(self.clock.at(k)) for k in range(start, start + count)]
        if self.hold == "nearest":
            places = [Fraction(math.ceil(place - Fraction(1, 2))) for place in places]
        length = self.made.length if length is None else length
        last = math.inf if length is None else length - 1
        first = [min(max(math.floor(place), 0), last) for place in places]
        if self.hold != "linear":
            own = np.array(first, np.intp)
            return Taken(own, own, np.zeros(count))
        rest = [place - frame for place, frame in zip(places, first, strict=True)]
        weight = [
            0.0 if i == last else float(max(part, 0)) for i, part in zip(first, rest, strict=True)
        ]
        second = [i + 1 if part else i for i, part in zip(first, weight, strict=True)]
        return Taken(np.array(first, np.intp), np.array(second, np.intp), np.array(weight))

    def frames_of(self, length: int) -> int:
        """How many frames the output has that shows a sequence of ``length`` to its end."""
        return frames_until(self.clock, self.made.ends(length))


def frames_until(clock: Clock, moment: Fraction) -> int:
    """How many frames of a clock come before a moment: at least one."""
    return max(1, math.ceil((moment - clock.begins) * clock.fps / clock.speed))


def runs(frames: NDArray[np.intp]) -> Iterator[tuple[int, int, int]]:
    """Yield what can be read at once, in the order of the frames: place, frame and count of each.

    A frame that stands in several places, one after another, is in the first of them only.
    """
    new = np.append(True, np.diff(frames) != 0)
    goes_on = np.append(False, (np.diff(frames) == 1) & new[:-1])
    starts = np.flatnonzero(new & ~goes_on)
    for place in starts[np.argsort(frames[starts], kind="stable")].tolist():
        count = 1
        while place + count < len(frames) and goes_on[place + count]:
            count += 1
        yield place, int(frames[place]), count
