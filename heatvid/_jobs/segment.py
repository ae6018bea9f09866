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
from typing import Any, TypeVar

from heatvid._encode.joined import Part
from heatvid._encode.settings import OutputSettings
from heatvid._encode.video import Encoding, VideoSink
from heatvid._errors import RenderError
from heatvid._jobs.job import run, start
from heatvid._jobs.labels_seen import LabelsSeen
from heatvid._jobs.source_feed import SourceFeed, open_feed
from heatvid._options.options import Options
from heatvid._statistics.counts import Statistics
from heatvid._statistics.field_limits import OwnLimits
from heatvid._statistics.passes import batch_length
from heatvid._values.depth_codes import DepthCodes
from heatvid._values.limits import FieldLimits
from heatvid.backends import choose

Result = TypeVar("Result")


@dataclass(frozen=True)
class Segment:
    """Some frames of what is rendered.

    Attributes
    ----------
    source : path or list of paths
    options : Options
    codes : DepthCodes or None
        What depths are stored as.
    frames : range
        Of all that are rendered.
    folder : str
        Of the parts; it is gone where nobody wants them any more.
    each : tuple of Statistics
        In the pass that is to be made.
    limits : Limits, tuple of Limits or None
        Of all frames; None where each has its own.
    limits_of_each : tuple
        Those of these frames.
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
    each: tuple[Statistics, ...] = ()
    limits: FieldLimits | None = None
    limits_of_each: tuple[FieldLimits, ...] = ()
    settings: OutputSettings | None = None
    encoding: Encoding | None = None

    @contextmanager
    def opened(self) -> Iterator[SourceFeed]:
        """Open these frames, and what comes beside them."""
        with open_feed(self.options, self.source, self.codes) as feed:
            feed.part(self.frames, self.limits_of_each)
            yield feed

    def demand_wanted(self) -> None:
        """Raise where nobody wants it any more."""
        if not os.path.isdir(self.folder):
            raise RenderError("the segments have been given up")


@dataclass(frozen=True)
class Rendered:
    """A segment that lies in the folder of the parts, and what was seen of it."""

    part: Part
    blank: tuple[int, ...]
    labels: LabelsSeen
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


def counted(segment: Segment) -> tuple[Statistics, ...]:
    """Make one pass over the frames for the limits of all."""
    each = tuple(own.fresh() for own in segment.each)  # others may share those that were sent
    with segment.opened() as feed:
        feed.finder.count(feed.source, each)
    return each


def spanned(segment: Segment) -> list[OwnLimits]:
    """What each frame spans by itself."""
    with segment.opened() as feed:
        batches = feed.source.batches(batch_length(feed.source))
        return [own for batch in batches for own in feed.finder.of_frames(batch.data)]


def rendered(segment: Segment) -> Rendered:
    """Render the frames into a part of its own name, which no other run of this has."""
    assert segment.settings is not None
    name = f"{segment.frames.start:09d}-{secrets.token_hex(6)}{segment.settings.suffix}"
    settings = replace(
        segment.settings, output=os.path.join(segment.folder, name), part=True, sound=None,
        comment="", overwrite=False, length=len(segment.frames),
    )  # fmt: skip
    options = segment.options
    with segment.opened() as feed:
        choice = choose(options.backend, options.device, feed.pixels)
        plan = feed.plan(settings.canvas, segment.limits)
        begin = partial(VideoSink, settings, encoding=segment.encoding)
        with start(choice.backend, plan, begin, feed) as ring:
            run(feed, ring, choice.backend, lambda count: segment.demand_wanted())
        return Rendered(
            part=Part(name, ring.written),
            blank=tuple(segment.frames[i] for i in feed.blank),
            labels=feed.labels_seen,
            backend=choice.backend.name,
            reason=choice.reason,
            reading=feed.reading,
            seconds=ring.seconds,
        )
