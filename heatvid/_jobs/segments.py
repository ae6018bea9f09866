"""One long video in segments: measured and rendered in several processes, joined without a loss.

What all segments have to agree on is decided here, once: limits, canvas, encoder, and the detail of
the first frame, which its settings go by. What goes into the encoder is what goes into that of a
single run; segments lie in a hidden folder beside the output until they are joined.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import NamedTuple

from heatvid._cores import available_cores
from heatvid._encode.joined import FEWEST, demand_joinable, join
from heatvid._encode.output_file import OutputFile
from heatvid._encode.settings import OutputSettings
from heatvid._encode.tuning import detail
from heatvid._encode.video import Encoding, chosen_codec
from heatvid._errors import OptionError
from heatvid._frames import Bytes
from heatvid._jobs.composed import AnyFeed
from heatvid._jobs.job import Destination, result_of
from heatvid._jobs.made import told
from heatvid._jobs.result import RenderResult
from heatvid._jobs.segment import Rendered, Segment, counted, rendered, spanned
from heatvid._jobs.source_feed import SourceFeed
from heatvid._jobs.workers import Workers
from heatvid._options.options import Options
from heatvid._plan.tile import TilePlan
from heatvid._progress import progress_bar
from heatvid._values.limits import FieldLimits
from heatvid.backends import choose
from heatvid.sources._retimed import RetimedSource


class Measured(NamedTuple):
    """Limits of all frames; where they move None, and those of each, if they follow each other."""

    limits: FieldLimits | None
    of_each: tuple[FieldLimits, ...]
    seconds: float


class Decided(NamedTuple):
    """What holds for all segments."""

    plan: TilePlan
    settings: OutputSettings
    encoding: Encoding


def frames_of_each(options: Options, feed: AnyFeed, settings: OutputSettings) -> list[range]:
    """The frames of each segment, as many as are asked for, where they are not too short for that.

    There are none where they are not asked for.

    Raises
    ------
    OptionError
        The output is not made of parts, or nobody knows how long it will be.
    """
    if options.segments is None or not isinstance(feed, SourceFeed):
        return []
    demand_joinable(settings)
    if feed.length is None or not feed.source.rewindable:
        raise OptionError(
            f"segments: got {options.segments} of {feed.name}, a stream; allowed are frames that "
            "can be read from anywhere"
        )
    return cut(feed.length, options.segments, feed.source.chunk)


def render_segments(
    options: Options,
    feed: SourceFeed,
    destination: Destination,
    sent: Segment,
    frames: Sequence[range],
    executor: Executor | None,
) -> RenderResult:
    """Render a feed in segments.

    Parameters
    ----------
    options : Options
    feed : SourceFeed
        All frames.
    destination : Destination
    sent : Segment
        What each process is sent, but for what is decided here, and its ``frames``.
    executor : Executor or None
        Whose processes are used.
    """
    assert isinstance(destination.claim, OutputFile)
    count = min(len(frames), available_cores())
    if executor is None:
        sent = replace(sent, options=_divided(sent.options, available_cores() // count))
    with Workers(executor, count) as workers:
        try:
            os.mkdir(destination.claim.parts)
            segments = [replace(sent, frames=f, folder=destination.claim.parts) for f in frames]
            measured = measure_segments(options, feed, segments, workers)
            decided = _decided(options, feed, destination, measured)
            made = _rendered(options, segments, measured, decided, workers)
            since = time.perf_counter()
            parts = [each.part for each in made]
            sound = join(decided.settings, decided.encoding.codec, parts, destination.claim)
        except BaseException:
            destination.claim.discard()  # first: segments that find their folder gone, end
            raise
    joining = time.perf_counter() - since
    return _result(feed, destination, decided, measured, made, sound, joining)


def cut(length: int, count: int, chunk: int = 1) -> list[range]:
    """Cut frames into ranges, as many as there should be, where they are not too short for it.

    No frames that are decoded together are parted, where such chunks are short.
    """
    count = max(1, min(count, length // FEWEST))
    unit = chunk if chunk * count <= length // 4 else 1
    ends = [round(i * length / count / unit) * unit for i in range(count)]
    return [range(a, b) for a, b in zip(ends, [*ends[1:], length], strict=True)]


def _divided(options: Options, threads: int) -> Options:
    """Options of one of several processes on this machine."""
    return replace(
        options,
        threads=options.threads or threads,
        encoder_threads=options.encoder_threads or threads,
    )


def measure_segments(
    options: Options, feed: SourceFeed, segments: Sequence[Segment], workers: Workers
) -> Measured:
    """Find the limits that one process would find."""
    finder, since = feed.finder, time.perf_counter()
    if finder.fixed is not None or options.scope == "frame":
        return Measured(finder.fixed, (), 0.0)
    # Each would decode what lies before it, too; and limits are those of what is retimed.
    if not finder.moves and (feed.source.compressed or isinstance(feed.source, RetimedSource)):
        return Measured(*feed.measure()[:1], (), time.perf_counter() - since)
    with progress_bar("statistics", feed.length, options.progress) as advance:
        if finder.moves:
            spans = workers.map(spanned, segments, advance)
            follow = finder.following(float(feed.fps))
            of_each = follow(own for each in spans for own in each)
            return Measured(None, of_each, time.perf_counter() - since)
        each = left = finder.unseen()
        while left:
            fresh = tuple(own.fresh() for own in each)
            for found in workers.map(counted, [replace(s, each=fresh) for s in segments], advance):
                for own, other in zip(each, found, strict=True):
                    own.merge(other)
            left = [own for own in left if own.refine()]
    return Measured(finder.limits_of(each), (), time.perf_counter() - since)


def _decided(
    options: Options, feed: SourceFeed, destination: Destination, measured: Measured
) -> Decided:
    """Decide what a single run would, which looks at the first frame."""
    feed.part(range(1), measured.of_each[:1])
    settings = destination.settings
    plan = feed.plan(settings.canvas, measured.limits)
    settings = replace(settings, comment=told(options, feed, plan, measured.limits))
    codec = chosen_codec(settings)
    looked = detail(_first_frame(feed, plan), settings.canvas) if settings.looks(codec) else None
    return Decided(plan, settings, Encoding(codec, looked))


def _first_frame(feed: SourceFeed, plan: TilePlan) -> Bytes:
    """Render the first frame here, shape (frame_bytes,)."""
    renderer = choose("numpy").backend
    renderer.prepare(plan)
    slot = renderer.slot(feed.input_shape(renderer))
    filled = feed.fill(slot, 0, renderer)
    if filled.before is not None:
        filled.before()
    renderer.render(slot)
    renderer.wait(slot)
    frame: Bytes = slot.output[0]
    return frame


def _rendered(
    options: Options,
    segments: Sequence[Segment],
    measured: Measured,
    decided: Decided,
    workers: Workers,
) -> list[Rendered]:
    settings = replace(decided.settings, threads=segments[0].options.encoder_threads)
    sent = [
        replace(
            segment,
            limits=measured.limits,
            limits_of_each=measured.of_each[segment.frames.start : segment.frames.stop],
            settings=settings,
            encoding=decided.encoding,
        )
        for segment in segments
    ]
    with progress_bar("rendering", segments[-1].frames.stop, options.progress) as advance:
        return workers.map(rendered, sent, advance)


def _result(
    feed: SourceFeed,
    destination: Destination,
    decided: Decided,
    measured: Measured,
    made: Sequence[Rendered],
    sound: str | None,
    joining: float,
) -> RenderResult:
    feed.blank = [frame for each in made for frame in each.blank]
    for each in made:
        feed.labels_seen.merge(each.labels)
    stages = {name: sum(each.seconds[name] for each in made) for name in made[0].seconds}
    feed.reading = made[0].reading
    return result_of(
        feed, destination, decided.plan, measured.limits,
        frames=sum(each.part.frames for each in made),
        backend=made[0].backend,
        reason=f"{made[0].reason}; in {len(made)} segments",
        seconds={"statistics": measured.seconds, **stages, "joining": joining},
        sound=sound,
    )  # fmt: skip
