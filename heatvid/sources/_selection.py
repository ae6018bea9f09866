"""Some frames of a source, chosen like the items of a Python list."""

from __future__ import annotations

import numbers
import operator
import re
from typing import Any

import numpy as np

from heatvid._errors import OptionError, SourceError, brief
from heatvid._frames import AnyArray, UnreadFrame
from heatvid.sources._base import Source

_SLICE = re.compile(r"\s*(-?[0-9]{1,18})?\s*:\s*(-?[0-9]{1,18})?\s*(?::\s*(-?[0-9]{1,18})?\s*)?")
_NUMBER = re.compile(r"\s*-?[0-9]{1,18}\s*")
_ALLOWED = (
    "allowed is START:STOP or START:STOP:STEP, as in 100:200 or ::2, the step not 0, or the number "
    "of one"
)


def parse_frames(frames: str | slice | int, option: str = "frames") -> slice:
    """Read ``START:STOP:STEP`` or the number of one frame, or check a slice."""
    one = _one(frames)
    if one is not None:
        return slice(one, None if one == -1 else one + 1)
    if isinstance(frames, str):
        match = _SLICE.fullmatch(frames)
        if match is None:
            raise OptionError(f"{option} is {brief(frames)}; {_ALLOWED}")
        parts = [None if part is None else int(part) for part in match.groups()]
    elif isinstance(frames, slice):
        try:
            parts = [
                None if part is None else operator.index(part)
                for part in (frames.start, frames.stop, frames.step)
            ]
        except TypeError:
            raise OptionError(f"{option} is {brief(frames)}; {_ALLOWED}") from None
    else:
        raise OptionError(f"{option} is {brief(frames)}; {_ALLOWED}")
    if parts[2] == 0:
        raise OptionError(f"{option} is {brief(frames)}; {_ALLOWED}")
    return slice(*parts)


def _one(frames: Any) -> int | None:
    """The number of one frame, where that is meant."""
    if isinstance(frames, str):
        return int(frames) if _NUMBER.fullmatch(frames) else None
    is_number = isinstance(frames, numbers.Integral) and not isinstance(frames, bool)
    return int(frames) if is_number else None


def select(source: Source, frames: str | slice | int) -> Source:
    """Choose frames of a source, which the result then owns."""
    wanted = parse_frames(frames)
    if source.length is None:
        return StreamSelection(source, wanted)
    return Selection(source, range(*wanted.indices(source.length)))


class _Selected(Source):
    """What a choice of frames has in common with the source it is made from."""

    def __init__(self, inner: Source, step: int) -> None:
        self._inner = inner
        self.name = inner.name
        self.frame_shape = inner.frame_shape
        self.dtype = inner.dtype
        self.rewindable, self.white = inner.rewindable, inner.white
        self.chunk, self.about = inner.chunk, inner.about
        self.fps = None if inner.fps is None else inner.fps / abs(step)  # time stays true

    @property
    def whole(self) -> Source:
        """What frames are chosen of."""
        return self._inner

    def close(self) -> None:
        """Close the source within."""
        self._inner.close()


class Selection(_Selected):
    """Frames of a source of known length."""

    def __init__(self, inner: Source, indices: range) -> None:
        super().__init__(inner, indices.step)
        if not indices:
            raise SourceError(
                f"{inner.name}: frames selects none of its {inner.length} frames; "
                f"the first is 0, the last {len(inner) - 1}"
            )
        self.indices = indices
        self.inner_length = inner.length
        self.length = len(indices)
        self.in_memory, self.concurrent = inner.in_memory, inner.concurrent
        self.lends, self.compressed = inner.lends and indices.step == 1, inner.compressed
        self.about = inner.about.of_frames(indices)
        if inner.names is not None:
            self.names = tuple(inner.names[i] for i in indices)

    @property
    def buffer_shape(self) -> tuple[int, ...]:
        """Shape of one frame in the buffer given to :meth:`read`."""
        return self._inner.buffer_shape if self.indices.step == 1 else self.frame_shape

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        chosen = self.indices[start : start + count]
        if not chosen:
            return np.empty((0, *self.frame_shape), self.dtype)
        if chosen.step == 1:
            return self._inner.read(chosen.start, len(chosen), out)
        if self.in_memory:
            low, high = min(chosen), max(chosen)
            return self._inner.read(low, high - low + 1)[:: chosen.step]
        return self._gather(chosen, out)

    def unread(self, start: int, count: int) -> list[UnreadFrame] | None:
        """Frames for whoever renders them to read; see :meth:`Source.unread`."""
        chosen = self.indices[start : start + count]
        if chosen.step == 1 and chosen:
            return self._inner.unread(chosen.start, len(chosen))
        each = [self._inner.unread(i, 1) for i in chosen]
        return None if None in each else [frame for few in each if few for frame in few]

    def _gather(self, chosen: range, out: AnyArray | None) -> AnyArray:
        shape = (len(chosen), *self.frame_shape)
        gathered = np.empty(shape, self.dtype) if out is None else out[: len(chosen)]
        scratch = np.empty((1, *self._inner.buffer_shape), self.dtype)
        # Going forward: from a video or a compressed file, every step back begins anew.
        step = 1 if chosen.step > 0 else -1
        for i, place in zip(chosen[::step], gathered[::step], strict=True):
            place[...] = self._inner.read(i, 1, scratch)[0]
        return gathered


class StreamSelection(_Selected):
    """Frames of a stream, whose end is not known: those between are read and dropped."""

    def __init__(self, inner: Source, wanted: slice) -> None:
        step = 1 if wanted.step is None else wanted.step
        super().__init__(inner, step)
        if step < 0 or (wanted.start or 0) < 0 or (wanted.stop or 0) < 0:
            raise OptionError(
                f"{inner.name}: frames counts from the end, which a stream does not show; "
                "allowed are start and stop from 0 on and a step from 1 on"
            )
        self.indices = range(wanted.start or 0, 2**62 if wanted.stop is None else wanted.stop, step)
        if not self.indices:
            raise SourceError(f"{inner.name}: frames selects none; stop must be behind start")
        self.length = None
        self._given = 0  # frames delivered
        self._position = 0  # of the stream within

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        if self.rewindable and start < self._given:
            self._given = self._position = 0
        if start != self._given:
            raise SourceError(f"{self.name}: frames of a stream are read in order")
        shape = (count, *self.frame_shape)
        chosen = self.indices[start : start + count]
        frames = np.empty(shape, self.dtype) if out is None else out[:count]
        filled = 0
        for index in chosen:
            frame = self._advance(index)
            if frame is None:
                break
            frames[filled] = frame
            filled += 1
        self._given += filled
        if filled < count:
            self._end()
        return frames[:filled]

    def _advance(self, index: int) -> AnyArray | None:
        """Read on up to and with frame ``index``."""
        scratch = np.empty((1, *self._inner.buffer_shape), self.dtype)
        while True:
            got = self._inner.read(self._position, 1, scratch)
            if not len(got):
                return None
            self._position += 1
            if self._position > index:
                frame: AnyArray = got[0]
                return frame

    def _end(self) -> None:
        self.length = self._given
        if not self._given:
            raise SourceError(
                f"{self.name}: frames selects none of its {self._position} frames; "
                f"the first to take would be {self.indices.start}"
            )
