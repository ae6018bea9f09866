"""One long video in segments: measured and rendered in several processes, joined without a loss.

What all segments have to agree on is decided here, once: limits, canvas, encoder, and the detail of
the first frame, which its settings go by. What goes into the encoder is what goes into that of a
single run; segments lie in a hidden folder beside the output until they are joined.
"""

from __future__ import annotations

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
from heatvid._jobs.composed import ReadFeed, suited
from heatvid._jobs.job import Destination, result_of
from heatvid._jobs.known import Known
from heatvid._jobs.known_apart import known_apart
from heatvid._jobs.made import told
from heatvid._jobs.result import RenderResult
from heatvid._jobs.segment import Rendered, Segment, rendered
from heatvid._jobs.workers import Workers
from heatvid._options.options import Options
from heatvid._plan.frame import FramePlan
from heatvid._plan.tile import TilePlan
from heatvid._progress import progress_bar
from heatvid.backends import choose


class Decided(NamedTuple):
    """What holds for all segments."""

    plan: TilePlan | FramePlan
    settings: OutputSettings
    encoding: Encoding


def frames_of_each(options: Options, feed: ReadFeed, settings: OutputSettings) -> list[range]:
    """The frames of each segment, as many as are asked for, where they are not too short for that.

    There are none where they are not asked for.

    Raises
    ------
    OptionError
        The output is not made of parts, or nobody knows how long it will be.
    """
    if options.segments is None:
        return []
    demand_joinable(settings)
    for field in feed.fields:
        if field.length is None or not field.source.rewindable:
            raise OptionError(
                f"segments: got {options.segments} of {field.name}, a stream; allowed are frames "
                "that can be read from anywhere"
            )
    assert feed.length is not None, "as many as there are of each field"
    return cut(feed.length, options.segments, max(field.source.chunk for field in feed.fields))


def render_segments(
    options: Options,
    feed: ReadFeed,
    destination: Destination,
    sent: Segment,
    frames: Sequence[range],
    executor: Executor | None,
) -> RenderResult:
    """Render a feed in segments.

    Parameters
    ----------
    options : Options
    feed : SourceFeed or ComposedFeed
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
            folder = destination.claim.folder_of_parts()
            segments = [replace(sent, frames=f, folder=folder) for f in frames]
            since = time.perf_counter()
            known = known_apart(feed, segments, workers, options.progress)
            measuring = time.perf_counter() - since
            decided = _decided(options, feed, destination, known)
            made = _rendered(options, segments, known, decided, workers)
            since = time.perf_counter()
            parts = [each.part for each in made]
            sound = join(decided.settings, decided.encoding.codec, parts, destination.claim)
        except BaseException:
            destination.claim.discard()  # first: segments that find their folder gone, end
            raise
    joining = time.perf_counter() - since
    _note_seen(feed, made)
    stages = {name: sum(each.seconds[name] for each in made) for name in made[0].seconds}
    return result_of(
        feed, destination, decided.plan, known[0].limits,
        frames=sum(each.part.frames for each in made),
        backend=made[0].backend,
        reason=f"{made[0].reason}; in {len(made)} segments",
        seconds={"statistics": measuring, **stages, "joining": joining},
        sound=sound,
    )  # fmt: skip


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


def _decided(
    options: Options, feed: ReadFeed, destination: Destination, known: Sequence[Known]
) -> Decided:
    """Decide what a single run would, which looks at the first frame."""
    first, limits = range(1), known[0].limits
    feed.part(first, [own.of(first) for own in known])
    plan = destination.plan(feed, limits)
    settings = replace(destination.settings, comment=told(options, feed, plan, limits))
    codec = chosen_codec(settings)
    looked = detail(_first_frame(feed, plan), settings.canvas) if settings.looks(codec) else None
    return Decided(plan, settings, Encoding(codec, looked))


def _first_frame(feed: ReadFeed, plan: TilePlan | FramePlan) -> Bytes:
    """Render the first frame here, shape (frame_bytes,)."""
    renderer = suited(choose("numpy"), feed).backend
    renderer.prepare(plan)
    try:
        slot = renderer.slot(feed.input_shape(renderer))
        filled = feed.fill(slot, 0, renderer)
        if filled.before is not None:
            filled.before()
        renderer.render(slot)
        renderer.wait(slot)
        frame: Bytes = slot.output[0].copy()
        return frame
    finally:
        renderer.close()


def _rendered(
    options: Options,
    segments: Sequence[Segment],
    known: Sequence[Known],
    decided: Decided,
    workers: Workers,
) -> list[Rendered]:
    settings = replace(decided.settings, threads=segments[0].options.encoder_threads)
    sent = [
        replace(
            segment,
            known=tuple(own.of(segment.frames) for own in known),
            settings=settings,
            encoding=decided.encoding,
        )
        for segment in segments
    ]
    with progress_bar("rendering", segments[-1].frames.stop, options.progress) as advance:
        return workers.map(rendered, sent, advance)


def _note_seen(feed: ReadFeed, made: Sequence[Rendered]) -> None:
    """Note what all segments have seen of each field."""
    for i, field in enumerate(feed.fields):
        field.blank = [frame for each in made for frame in each.blank[i]]
        for each in made:
            field.labels_seen.merge(each.labels[i])
    feed.fields[0].reading = made[0].reading
