"""A source's frames at the times of an output: held, dropped, or interpolated in their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from heatvid._errors import SourceError
from heatvid._frames import AnyArray, UnreadFrame, page_aligned
from heatvid._values.index import resampled_dtype
from heatvid._values.timeline import Clock, Even, Hold, Timeline, runs
from heatvid.sources._base import Source


def retimed(
    source: Source,
    *,
    fps: Fraction,
    own_fps: Fraction,
    length: int | None = None,
    hold: Hold = "previous",
    speed: Fraction = Fraction(1),
) -> RetimedSource:
    """Give a source, made at ``own_fps``, the rate ``fps``; what it is made of is closed with it.

    ``length`` is the number of frames wanted, by default as many as the source lasts; beyond its
    end the last frame is shown.
    """
    made = Even(own_fps, source.length)
    clock = Clock(fps, length, speed)
    if length is None and source.length is not None:
        clock = Clock(fps, Timeline(clock, made).frames_of(source.length), speed)
    return RetimedSource(source, Timeline(clock, made, hold))


class RetimedSource(Source):
    """Another source's frames, which it owns, as a timeline takes them.

    No frame is decoded twice: where some are shown several times, or lie between two, those that
    may come again are kept. Only what lies bare in a file is read where it is rendered, as reading
    costs no more than copying there.

    Parameters
    ----------
    inner : Source
    timeline : Timeline
    allowed : (int, int), optional
        How few and how many frames a source of unknown length may have; by default any number.

    Attributes
    ----------
    inner : Source
    timeline : Timeline
    allowed : (int, int) or None
    """

    def __init__(
        self, inner: Source, timeline: Timeline, allowed: tuple[int, int] | None = None
    ) -> None:
        self.inner, self.timeline, self.allowed = inner, timeline, allowed
        self.name, self.fps, self.length = inner.name, timeline.clock.fps, timeline.clock.length
        self.frame_shape, self.white = inner.frame_shape, inner.white
        self.rewindable = inner.rewindable
        linear = timeline.hold == "linear"
        self.dtype = resampled_dtype(inner.dtype) if linear else inner.dtype
        again = linear or timeline.repeats or inner.length is None or not inner.rewindable
        self._keeps = again and (linear or inner.unread(0, 1) is None)
        self.concurrent = inner.concurrent and not self._keeps
        self._window = _Window(inner, self.dtype)
        self._given = 0  # frames of what is read once
        self.about = inner.about
        if inner.length is not None:
            self._end(inner.length)
            self._know_frames(inner.names)

    def _know_frames(self, names: Sequence[str] | None) -> None:
        """Give each frame the name and the time of what it shows."""
        times, labels = self.about.times, self.about.labels
        if names is None and times is None and labels is None:
            return
        first, second, weight = self.timeline.taken(0, len(self))
        self.about = self.about.of_frames(first.tolist())
        if times is not None and self.about.times is not None:
            further = (times[second] - times[first]) * weight
            self.about = replace(self.about, times=self.about.times + further)
        if names is not None:
            self.names = tuple(names[i] for i in first)

    def over(self, inner: Source) -> RetimedSource:
        """The same of another source with the same frames."""
        return RetimedSource(inner, self.timeline, self.allowed)

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        if self.length is not None:
            count = max(0, min(count, self.length - start))
        shape = (count, *self.frame_shape)
        frames = page_aligned(shape, self.dtype) if out is None else out[:count]
        if not count:
            return frames
        if self._keeps:
            return self._from_window(start, frames)
        indices = self.timeline.taken(start, count).first
        for place, frame, some in runs(indices):
            read_into(self.inner, frame, frames[place : place + some])
        for place in (np.flatnonzero(np.diff(indices) == 0) + 1).tolist():
            frames[place] = frames[place - 1]
        return frames

    def unread(self, start: int, count: int) -> list[UnreadFrame] | None:
        """Frames for whoever renders them to read; see :meth:`Source.unread`."""
        if self._keeps:
            return None
        count = min(count, len(self) - start)
        each = [self.inner.unread(i, 1) for i in self.timeline.taken(start, count).first.tolist()]
        return None if None in each else [frame for few in each if few for frame in few]

    def close(self) -> None:
        """Close the source within."""
        self.inner.close()

    def _from_window(self, start: int, out: AnyArray) -> AnyArray:
        """Read one frame after another, as far as there are any."""
        if not self.rewindable and start != self._given:
            raise SourceError(f"{self.name}: frames of a stream are read in order")
        for done, place in enumerate(out):
            if not self._show(start + done, place):
                return out[:done]
            self._given = start + done + 1
        if start + len(out) == self.length:
            self._demand_no_more()
        return out

    def _show(self, frame: int, out: AnyArray) -> bool:
        """Bring one frame of the output; False where the source has ended before it."""
        if self.length is not None and frame >= self.length:
            return False
        taken = self.timeline.taken(frame, 1, self._window.length)
        first, second = int(taken.first[0]), int(taken.second[0])
        if not self._window.bring(first, second):
            self._end(self._window.length or 0)
            return self._show(frame, out)
        low = self._window[first]
        if first == second:
            out[...] = low
            return True
        with np.errstate(invalid="ignore", over="ignore"):
            np.subtract(self._window[second], low, out=out)
            out *= self.dtype.type(taken.weight[0])
            out += low
        return True

    def _end(self, there: int) -> None:
        """Note how many frames there are, where that was not known."""
        if self.allowed is not None and there < self.allowed[0]:
            raise self._unfit(f"ends after {there} frames")
        if self.length is None:
            self.length = self.timeline.frames_of(there) if there else 0

    def _demand_no_more(self) -> None:
        """Refuse a source of unknown length with more or fewer frames than fit."""
        if self.allowed is None or self._window.length is not None:
            return
        most = self.allowed[1]
        if self._window.bring(most, most):
            raise self._unfit(f"has more than {most} frames")
        self._end(self._window.length or 0)

    def _unfit(self, words: str) -> SourceError:
        least, most = self.allowed or (1, 1)
        return SourceError(
            f"{self.name}: {words}; allowed are {least} to {most}, which last as long as what lies "
            "under them"
        )


class _Window:
    """The frames of a source that are needed now, as values of a dtype, each read once.

    Attributes
    ----------
    length : int or None
        Of the source; None where its end has not been seen.
    """

    def __init__(self, source: Source, dtype: np.dtype[np.generic]) -> None:
        self._source, self._dtype = source, dtype
        self.length = source.length
        self._in_order = source.length is None or not source.rewindable
        self._next = 0  # where a stream is
        self._frames: dict[int, AnyArray] = {}
        self._free: list[AnyArray] = []

    def __getitem__(self, frame: int) -> AnyArray:
        return self._frames[frame]

    def bring(self, first: int, second: int) -> bool:
        """Have two frames there, and no others for long; False where the source ends before."""
        for frame in (first, second):
            while frame not in self._frames:
                wanted = min(self._next, frame) if self._in_order else frame
                if not self._read(wanted):
                    return False
                self._drop_others(first, second, wanted)
        return True

    def _read(self, frame: int) -> bool:
        memory = self._free.pop() if self._free else self._new()
        if not read_into(self._source, frame, memory[None]):
            self._free.append(memory)
            self.length = frame
            return False
        self._frames[frame] = memory
        self._next = frame + 1
        return True

    def _new(self) -> AnyArray:
        return page_aligned(self._source.frame_shape, self._dtype)

    def _drop_others(self, *wanted: int) -> None:
        for frame in [frame for frame in self._frames if frame not in wanted]:
            self._free.append(self._frames.pop(frame))


def read_into(source: Source, frame: int, out: AnyArray) -> int:
    """Read frames to where they belong, as values of its dtype; give how many there were."""
    as_it_is = source.buffer_shape == out.shape[1:] and source.dtype == out.dtype
    lent = source.in_memory or source.lends
    got = source.read(frame, len(out), out if as_it_is and not lent else None)
    if not np.may_share_memory(got, out):
        out[: len(got)] = np.asarray(got)
    return len(got)
