"""What is done with some frames of a long video, in whatever process: counted, spanned, rendered.

A :class:`Segment` travels there; what comes back is small. The folder of the parts is what all
processes see: a segment that finds it gone has been given up.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, TypeVar

from heatvid._encode.joined import Part
from heatvid._encode.settings import OutputSettings
from heatvid._encode.video import Encoding, VideoSink
from heatvid._errors import RenderError, called
from heatvid._jobs.composed import ReadFeed, suited
from heatvid._jobs.composing import open_composed
from heatvid._jobs.composition import is_composed
from heatvid._jobs.job import run, start
from heatvid._jobs.known import Known
from heatvid._jobs.labels_seen import LabelsSeen
from heatvid._jobs.source_feed import SourceFeed, open_feed
from heatvid._options.options import Options
from heatvid._statistics.counts import Statistics
from heatvid._statistics.field_limits import OwnLimits, count_together
from heatvid._statistics.passes import batch_length
from heatvid._values.depth_codes import DepthCodes
from heatvid.backends import choose

Result = TypeVar("Result")


class Counting(NamedTuple):
    """Fields that share a scale, by their number, and what their values are counted in."""

    fields: tuple[int, ...]
    each: tuple[Statistics, ...]

    def fresh(self) -> Counting:
        """Give one of the same pass that has seen nothing."""
        return self._replace(each=tuple(own.fresh() for own in self.each))

    def merge(self, other: Counting) -> None:
        """Add what another one has seen in the same pass."""
        for own, found in zip(self.each, other.each, strict=True):
            own.merge(found)

    def refine(self) -> bool:
        """End a pass: True where another one is needed."""
        return bool([own for own in self.each if not own.settled and own.refine()])


@dataclass(frozen=True)
class Segment:
    """Some frames of what is rendered.

    Attributes
    ----------
    source : path, list of paths, Panel or Grid
    options : Options
    codes : DepthCodes or None
        What depths are stored as.
    frames : range
        Of all that are rendered.
    folder : str
        Of the parts; it is gone where nobody wants them any more.
    counting : tuple of Counting
        The pass that is to be made.
    known : tuple of Known
        Of all frames, of each field.
    settings : OutputSettings or None
        Of the whole video.
    encoding : Encoding or None
        As of all segments.
    """

    source: Any
    options: Options
    codes: DepthCodes | None
    frames: range = range(0)
    folder: str = ""
    counting: tuple[Counting, ...] = ()
    known: tuple[Known, ...] = ()
    settings: OutputSettings | None = None
    encoding: Encoding | None = None

    @contextmanager
    def opened(self) -> Iterator[ReadFeed]:
        """Open these frames, and what comes beside them."""
        feed: ReadFeed
        if is_composed(self.options, self.source):
            feed = open_composed(self.options, self.source)
        else:
            feed = open_feed(self.options, self.source, self.codes)
        with feed:
            feed.part(self.frames, self.known)
            yield feed

    def demand_wanted(self) -> None:
        """Raise where nobody wants it any more."""
        if not os.path.isdir(self.folder):
            raise RenderError("the segments have been given up")


@dataclass(frozen=True)
class Rendered:
    """A segment that lies in the folder of the parts, and what was seen of it."""

    part: Part
    blank: tuple[tuple[int, ...], ...]  # of each field
    labels: tuple[LabelsSeen, ...]
    backend: str
    reason: str
    reading: str
    seconds: dict[str, float]


def work(task: Callable[[Segment], Result], segment: Segment) -> Result:
    """Do a task; what would end the process that it runs in fails it instead."""
    try:
        segment.demand_wanted()
        return task(segment)
    except (KeyboardInterrupt, SystemExit) as error:
        raise RenderError(f"a segment was interrupted: {type(error).__name__}") from None


def counted(segment: Segment) -> list[Counting]:
    """Make one pass over the frames for the limits of all."""
    counting = [one.fresh() for one in segment.counting]  # others may share those that were sent
    with segment.opened() as feed:
        for one in counting:
            fields = [feed.fields[i] for i in one.fields]
            count_together([(field.finder, field.source) for field in fields], one.each)
    return counting


def spanned(segment: Segment) -> list[list[OwnLimits]]:
    """What each frame spans by itself, of each field where others follow from that."""
    with segment.opened() as feed:
        return [_spans(field) if field.finder.follows else [] for field in feed.fields]


def _spans(field: SourceFeed) -> list[OwnLimits]:
    batches = field.source.batches(batch_length(field.source))
    return [own for batch in batches for own in field.finder.of_frames(batch.data)]


def rendered(segment: Segment) -> Rendered:
    """Render the frames into a part of its own name, which no other run of this has."""
    assert segment.settings is not None
    name = f"{segment.frames.start:09d}-{secrets.token_hex(6)}{segment.settings.suffix}"
    whole = called(segment.settings.output)
    settings = replace(
        segment.settings, output=os.path.join(segment.folder, name), part_of=whole, sound=None,
        comment="", overwrite=False, length=len(segment.frames),
    )  # fmt: skip
    options = segment.options
    with segment.opened() as feed:
        choice = suited(choose(options.backend, options.device, feed.pixels), feed)
        plan = feed.plan(settings.canvas, segment.known[0].limits)
        begin = partial(VideoSink, settings, encoding=segment.encoding)
        with start(choice.backend, plan, begin, feed) as ring:
            run(feed, ring, choice.backend, lambda count: segment.demand_wanted())
        return Rendered(
            part=Part(name, ring.written),
            blank=tuple(tuple(segment.frames[i] for i in field.blank) for field in feed.fields),
            labels=tuple(field.labels_seen for field in feed.fields),
            backend=choice.backend.name,
            reason=choice.reason,
            reading=feed.reading,
            seconds=ring.seconds,
        )
