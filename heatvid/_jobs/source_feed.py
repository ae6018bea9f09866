"""A source as a feed: opened where it lies, measured, and read into slot after slot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from fractions import Fraction
from functools import partial
from typing import Any, Self

import numpy as np

from heatvid._canvas import Canvas
from heatvid._errors import SourceError
from heatvid._frames import AnyArray, UnreadFrame, page_aligned
from heatvid._jobs.beside import Before, Beside
from heatvid._jobs.feed import Feed, Filled
from heatvid._jobs.known import Known
from heatvid._jobs.own import noting_labels
from heatvid._jobs.timing import in_time
from heatvid._options.options import Options, option_fields
from heatvid._plan.make import BATCH_BYTES
from heatvid._progress import progress_bar
from heatvid._statistics.field_limits import LimitsFinder, OwnLimits, measured_together
from heatvid._statistics.passes import batch_length
from heatvid._values.depth_codes import DepthCodes
from heatvid._values.limits import FieldLimits
from heatvid._values.timeline import Clock
from heatvid.backends import Choice, Renderer, Slot, choose
from heatvid.sources import Source, open_source
from heatvid.sources._arrays import is_array
from heatvid.sources._decoded import DecodedSource
from heatvid.sources._depth import Encoded
from heatvid.sources._kept import kept
from heatvid.sources._lazy import is_lazy
from heatvid.sources._retimed import RetimedSource
from heatvid.sources._selection import Selection

# What gives other frames than those of an array.
_MADE_ANEW = ("nodata", "scale", "offset", "flip", "source_fps", "hold", "speed")


class SourceFeed(Feed):
    """A source and what comes beside it; a context manager that closes what it has opened.

    Parameters
    ----------
    options : Options
    source : Source
        Open.
    owned : bool
        Whether it is closed with the feed.
    seeks_blank : bool
        Whether frames that are all NaN are looked for.
    one_clock : bool
        Whether it and what comes beside it are brought to one clock, where that is asked for.
    ends : Fraction, optional
        When all has passed by that clock, where other fields tell that.
    """

    groups = ((0,),)  # of fields that share a scale

    def __init__(
        self,
        options: Options,
        source: Source,
        *,
        owned: bool = False,
        seeks_blank: bool = True,
        one_clock: bool = True,
        ends: Fraction | None = None,
    ) -> None:
        with ExitStack() as closing:
            if owned:
                closing.callback(source.close)
            beside = Beside(options)
            closing.callback(beside.close)
            source, clock = in_time(options, source, beside, ends) if one_clock else (source, None)
            super().__init__(
                options,
                beside,
                name=source.name,
                frame_shape=source.frame_shape,
                dtype=source.dtype,
                length=source.length,
                fps=source.fps if clock is None else clock.fps,
                seeks_blank=seeks_blank,
            )
            self._closing = closing.pop_all()
        self.source, self.about = source, noting_labels(options, source.about)
        self._clock = clock
        self._before: Source | None = None  # where these are a part
        if isinstance(source, RetimedSource):  # of which limits are those of what was given
            self.finder = LimitsFinder(options, source.frame_shape, source.inner.dtype)
            self._clock = source.timeline.clock
        self._own = threading.local()  # of each render thread: what it reads into

    @property
    def fields(self) -> tuple[SourceFeed, ...]:
        """All that is read: this one."""
        return (self,)

    def part(self, frames: range, known: Sequence[Known] = ()) -> None:
        """Leave only some of the frames, shown as all would be; see :meth:`ComposedFeed.part`."""
        self._clock = self.clock  # that of all
        self._before = Selection(self.source, range(frames.start)) if frames.start else None
        self.source = Selection(self.source, frames)
        self.length, self.first = len(frames), self.first + frames.start
        self.beside.part(frames)
        for own in known:
            self.name, self.limits_of_each = own.name, own.limits_of_each
            self.finder.complete = own.complete

    @property
    def clock(self) -> Clock:
        """When each frame that is shown is."""
        return self._clock or Clock(self.fps, self.length)

    @property
    def shows_progress(self) -> bool | None:
        """Whether progress is shown; None where a terminal decides that."""
        return self._options.progress

    @property
    def pixels(self) -> int | None:
        """Pixels to render in all, where their number is known."""
        return None if self.length is None else self.length * self.size[0] * self.size[1]

    def measure(self) -> tuple[FieldLimits | None, float]:
        """Limits of all frames, and the seconds it took; None where they move."""
        finder = self.finder
        if finder.fixed is not None or finder.moves:
            return finder.fixed, 0.0
        since = time.perf_counter()
        return measured([self]), time.perf_counter() - since

    def ready_to_measure(self) -> tuple[LimitsFinder, Source]:
        """What finds the limits, and in what; a stream is kept as it is decoded."""
        if not self.source.rewindable:
            self.finder.demand_without_pass(self.name)
        retimed = self.source if isinstance(self.source, RetimedSource) else None
        source, self.reading = kept(self.source if retimed is None else retimed.inner)
        self.source = source if retimed is None else retimed.over(source)
        return self.finder, source

    def begin(self, under: Canvas, batch_size: int, limits: FieldLimits | None) -> None:
        """Begin to fill slots; see :meth:`Feed.begin`."""
        self._late = self.source.concurrent and limits is not None
        super().begin(under, batch_size, limits)

    def _moving_limits(self) -> Callable[[Any], tuple[FieldLimits, ...]]:
        """Where these are a part, begin with what frames without a finite value have from others.

        These are looked for only where the first one is such a frame.
        """
        before = self._before
        if before is None or self.limits_of_each:
            return super()._moving_limits()
        follow, begun = self.finder.following(float(self.fps)), False

        def moving(data: Any) -> tuple[FieldLimits, ...]:
            nonlocal begun
            spans = self.finder.of_frames(data)
            if not begun:
                follow(self._spans_before(spans[0], before))
                begun = True
            return follow(spans)

        return moving

    def _spans_before(self, first: OwnLimits, before: Source) -> list[OwnLimits]:
        """What frames span back to where each part has something that the first one has not."""
        spans, start = [first], len(before)
        size = batch_length(before)
        while start and not all(map(any, zip(*spans, strict=True))):
            end, start = start, max(0, start - size)
            spans = [*self.finder.of_frames(before.read(start, end - start)), *spans]
        return spans[:-1]

    def _fitted(self, batch_size: int) -> int:
        """No more frames than batches are meant to take, all channels; of whole chunks, if any."""
        if self._options.batch_size is not None or self.source.in_memory:
            return batch_size
        most = max(1, BATCH_BYTES // self.source.frame_bytes)
        return self.source.rounded(min(batch_size, most))

    def input_shape(self, renderer: Renderer) -> tuple[int, ...]:
        """One frame in the buffer of a slot; () where other memory is read into, or none.

        Render threads that read by themselves do so into memory of their own, or into the slot's
        where that is still read from afterwards.
        """
        if self.source.in_memory or (self._late and renderer.synchronous):
            return ()
        return self.source.buffer_shape

    def fill(self, slot: Slot, start: int, renderer: Renderer) -> Filled:
        """Fill a slot with the frames from ``start`` on, or say how the render thread does."""
        size = self.batch_size
        if self._late:
            count = min(size, len(self.source) - start)
            before = self.beside.lay(slot, start, 0, count)
            return Filled(count, partial(self._fetch, slot, start, renderer.reads_rows, before))
        memory = None if self.source.in_memory else slot.input
        slot.data = self.source.read(start, size, memory)
        count = len(slot.data)
        if not count:
            return Filled(0)
        after = self._look_at(slot, start)
        return Filled(count, self.beside.lay(slot, start, 0, count), after)

    def _fetch(self, slot: Slot, start: int, by_rows: bool, before: Before) -> None:
        """Read frames in a render thread, or leave their rows to be read as they are rendered.

        A frame that may be all NaN is read as a whole, to be looked at.
        """
        by_rows = by_rows and not self.labels_seen.watches
        unread = self.source.unread(start, self.batch_size) if by_rows else None
        if unread is None or any(map(_begins_with_nan, unread)):  # flow is never unread
            memory = slot.input if slot.input.size else self._memory_of_thread()
            slot.data = self.source.read(start, self.batch_size, memory)
            self._lay_ramp(slot)
            self._look_at_values(start, slot.data)
        else:
            slot.data = unread
        if before is not None:
            before()

    def _memory_of_thread(self) -> AnyArray | None:
        """What a render thread reads into; None where it is lent what was read already."""
        if self.source.lends:
            return None
        own: AnyArray | None = getattr(self._own, "memory", None)
        if own is None:
            shape = (self.batch_size, *self.source.buffer_shape)
            own = self._own.memory = page_aligned(shape, self.dtype)
        return own

    def demand_ended(self, frames: int) -> None:
        """Demand that a source of unknown length has no more than so many frames."""
        if self.source.length is None and len(self.source.read(frames, 1)):
            raise SourceError(f"{self.name}: has more than {frames} frames, which the others have")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()


def measured(feeds: Sequence[SourceFeed]) -> FieldLimits:
    """Limits of all frames of feeds that share a scale."""
    fields = [feed.ready_to_measure() for feed in feeds]
    lengths = [source.length for _, source in fields]
    total = None if None in lengths else sum(length or 0 for length in lengths)
    with progress_bar("statistics", total, feeds[0].shows_progress) as advance:
        return measured_together(fields, advance)


def open_feed(options: Options, source: Any, codes: DepthCodes | None = None) -> SourceFeed:
    """Open what :func:`open_source` takes; a Source that is open already is left open.

    Where there are ``codes``, its values are depths, and come as these.
    """
    owned = not isinstance(source, Source)
    opened = opened_by(options, source)
    depth_dtype = opened.dtype
    if codes is not None:
        opened = DecodedSource(opened, Encoded(codes))
    feed = SourceFeed(options, opened, owned=owned)
    feed.codes, feed.depth_dtype = codes, depth_dtype
    return feed


def opened_by(options: Options, source: Any) -> Source:
    """Open a source as the options say."""
    asked = {option.name: getattr(options, option.name) for option in option_fields(("input",))}
    return open_source(source, **asked)


def adopted(options: Options, source: Any) -> tuple[Any, Choice | None]:
    """Take an array that may lie on a device where it lies, and choose the backend for that."""
    turned = any(getattr(options, name) is not None for name in _MADE_ANEW)
    on_host = isinstance(source, np.ndarray) or is_lazy(source) or not is_array(source)
    if turned or on_host:
        return source, None
    choice = choose(options.backend, options.device)
    frames = choice.backend.memory.adopt(source, "array")
    return (source if frames is None else frames), choice


def _begins_with_nan(frame: UnreadFrame) -> bool:
    if frame.dtype.kind != "f":
        return False
    first = np.empty(1, frame.dtype)
    frame.read_rows(0, first)
    return bool(np.isnan(first[0]))
