"""One field on its way into one output: its name is claimed, then all is planned and started."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from heatvid._encode.containers import PAGE, always_exact, in_rgb, is_page, suffix_of
from heatvid._encode.gif import nearest_even, uneven
from heatvid._encode.opening import claim_output, open_sink, output_path
from heatvid._encode.settings import OutputSettings
from heatvid._encode.sink import FileSink, Sink
from heatvid._encode.tuning import Content
from heatvid._errors import AnyPath, OptionError, brief, called
from heatvid._jobs.composed import AnyFeed, ReadFeed
from heatvid._jobs.feed import Feed
from heatvid._jobs.heard import sound_for
from heatvid._jobs.made import told
from heatvid._jobs.meant import holds_values
from heatvid._jobs.result import RenderResult
from heatvid._jobs.ring import Ring
from heatvid._jobs.source_feed import SourceFeed
from heatvid._options.options import Options
from heatvid._options.rules import check_together
from heatvid._plan.frame import FramePlan
from heatvid._plan.make import canvas_for, norm_of
from heatvid._plan.tile import TilePlan
from heatvid._progress import announcer, progress_bar
from heatvid._values.depth_codes import DepthCodes
from heatvid._values.limits import FieldLimits, Limits
from heatvid.backends import Choice, Renderer, Slot


def for_output(options: Options, output: AnyPath) -> Options:
    """The options of an output, which may hold values by default.

    Raises
    ------
    OptionError
        Others are given that mean something with colours, or in a page only.
    """
    if not is_page(output):
        _demand_no_page(options)
    if holds_values(output, vars(options)):
        options = replace(options, pix_fmt="gray16le")
        check_together(options)
    return options


def _demand_no_page(options: Options) -> None:
    """Refuse what means something in a page only."""
    pages = {"exact": options.exact, "cmaps": options.cmaps, "bits": options.bits == 16}
    for name, given in pages.items():
        if given:
            raise OptionError(
                f"{name}: got {brief(getattr(options, name))}; allowed is that in a page, {PAGE}"
            )


class Destination:
    """Where a job writes: checked settings, and a name that no other job can take meanwhile.

    A context manager that gives the name back, unless it has become a file.
    """

    def __init__(self, output: Any, options: Options, feed: AnyFeed) -> None:
        self.since = time.perf_counter()
        output = output_path(output, options.format)
        self.path = Path(output)
        counts_hundredths = suffix_of(output) == ".gif" and feed.length != 1
        if counts_hundredths and not feed.timed:
            feed.fps = nearest_even(feed.fps)
        lossless = _lossless(options, self.path)
        self.settings = OutputSettings(
            output=output,
            canvas=canvas_for(
                options,
                feed.size,
                exact=lossless or in_rgb(self.path),
                suffix=suffix_of(output),
            ),
            fps=feed.fps,
            crf=options.crf,
            preset=options.preset,
            lossless=lossless,
            overwrite=options.overwrite,
            threads=options.encoder_threads,
            codec=options.codec,
            quality=options.quality,
            hardware=options.hardware,
            content=_content(options, feed),
            sound=sound_for(self.path, options, feed),
            loop=options.loop,
            dither=options.dither,
            length=feed.length,
            start_number=options.start_number,
        )
        if counts_hundredths and (said := uneven(feed.fps)) is not None:
            if options.fps is None:
                feed.about = feed.about.noting(said)
            else:
                warnings.warn(f"{called(self.path)}: {said}", stacklevel=2)
        self.claim = claim_output(self.settings)

    def plan(self, feed: AnyFeed, limits: FieldLimits | None) -> TilePlan | FramePlan:
        """Decide everything; what has few colours is written with a palette where there is one."""
        if self.settings.suffix != ".gif" or not feed.palette_fits():
            plan = feed.plan(self.settings.canvas, limits)
            self.settings = replace(self.settings, canvas=plan.canvas)
            return plan
        assert isinstance(feed, Feed), "what is composed has more colours than a palette"
        plan = feed.plan(replace(self.settings.canvas, pixel_format="pal8"), limits)
        palette = plan.indexed.palette.tobytes()
        self.settings = replace(self.settings, canvas=plan.canvas, palette=palette)
        return plan

    def open(self, comment: str) -> FileSink:
        """Begin the output, which says ``comment`` of itself."""
        self.sink = open_sink(replace(self.settings, comment=comment), self.claim)
        return self.sink

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.claim.discard()


class Job:
    """A feed being rendered into one output; a context manager that finishes or discards.

    Parameters
    ----------
    options : Options
    feed : Feed
    choice : Choice
        The backend.
    destination : Destination
    limits : Limits, tuple of Limits or None
        Of the sequence; None where each frame brings its own.

    Attributes
    ----------
    plan : TilePlan or FramePlan
    renderer : Renderer
    ring : Ring
    """

    def __init__(
        self,
        options: Options,
        feed: AnyFeed,
        choice: Choice,
        destination: Destination,
        limits: FieldLimits | None,
    ) -> None:
        self._feed, self._choice, self._destination = feed, choice, destination
        self._limits, self.renderer = limits, choice.backend
        self.plan = destination.plan(feed, limits)
        self.renderer.announce = announcer(options.progress)
        begin = partial(destination.open, told(options, feed, self.plan, limits))
        self.ring = start(self.renderer, self.plan, begin, feed)

    def finish(self, statistics_seconds: float = 0.0) -> RenderResult:
        """Complete the output."""
        self.ring.finish()
        return result_of(
            self._feed,
            self._destination,
            self.plan,
            self._limits,
            frames=self.ring.written,
            backend=self.renderer.name,
            reason=self._choice.reason,
            seconds={"statistics": statistics_seconds, **self.ring.seconds},
            sound=self._destination.sink.sound,
        )

    def abort(self) -> None:
        """Leave nothing behind; harmless when all is over."""
        self.ring.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()


def result_of(
    feed: AnyFeed,
    destination: Destination,
    plan: TilePlan | FramePlan,
    limits: FieldLimits | None,
    *,
    frames: int,
    backend: str,
    reason: str,
    seconds: dict[str, float],
    sound: str | None,
) -> RenderResult:
    """Sum up what stands under its name, and warn of what was seen in it."""
    feed.warn_of_blank()
    feed.warn_of_strays()
    return RenderResult(
        path=destination.path,
        frames=frames,
        height=plan.canvas.height,
        width=plan.canvas.width,
        fps=feed.fps,
        limits=_shown_limits(plan, limits, feed.codes),
        labels=feed.labels_seen.labels,
        backend=backend,
        reason=reason,
        seconds={**seconds, "total": time.perf_counter() - destination.since},
        about=feed.about,
        reading=feed.reading,
        sound=sound,
    )


def start(
    renderer: Renderer,
    plan: TilePlan | FramePlan,
    open_sink: Callable[[], Sink],
    feed: AnyFeed,
    *,
    has_output: bool = True,
) -> Ring:
    """Prepare the backend, then begin the output, and turn the ring between them.

    ``has_output`` says whether slots have memory of their own to render to.
    """
    try:
        renderer.prepare(plan)
        sink = open_sink()
    except BaseException:
        renderer.close()
        raise
    try:
        threads, slots = renderer.ring()
        if feed.length is not None:
            batches = -(-feed.length // plan.batch_size)
            threads, slots = (0, 1) if batches == 1 else (min(threads, batches), slots)
        shape = feed.input_shape(renderer)
        return Ring(renderer, sink, shape, threads, slots, has_output=has_output)
    except BaseException:
        sink.abort()
        renderer.close()
        raise


def run(
    feed: ReadFeed,
    ring: Ring,
    renderer: Renderer,
    advance: Callable[[int], None] = lambda count: None,
    place: Callable[[Slot, int], None] = lambda slot, start: None,
) -> int:
    """Fill slot after slot until the source ends; give the frames that have been written by then.

    Parameters
    ----------
    advance : callable
        Told how many frames more have been written.
    place : callable
        Takes each slot and its first frame's number, before it is filled.
    """
    start, done = 0, 0
    while feed.length is None or start < feed.length:
        slot = ring.acquire()
        written = ring.written
        advance(written - done)
        done = written
        slot.start = feed.first + start
        place(slot, start)
        filled = feed.fill(slot, start, renderer)
        if filled.frames:
            ring.submit(slot, filled.before, filled.after)
        start += filled.frames
        if filled.frames < feed.batch_size:
            break
    feed.check_all_used(start)
    return done


def render_to(
    open_sink: Callable[[], Sink],
    options: Options,
    feed: SourceFeed,
    plan: TilePlan,
    choice: Choice,
    what: str,
) -> int:
    """Render all of a feed into a sink, with a bar of progress; give the frames of it."""
    renderer = choice.backend
    renderer.announce = announcer(options.progress)
    with (
        start(renderer, plan, open_sink, feed) as ring,
        progress_bar(what, feed.length, options.progress) as advance,
    ):
        done = run(feed, ring, renderer, advance)
        ring.finish()
        advance(ring.written - done)
    return ring.written


def _lossless(options: Options, path: Path) -> bool:
    """Whether every level is kept, as that is asked for, or the output knows nothing else."""
    always = always_exact(path, options.codec)
    if not always and path.suffix.lower() != ".gif":
        return options.lossless
    for name in ("crf", "quality"):
        if (given := getattr(options, name)) is not None:
            what = options.codec or path.suffix
            raise OptionError(f"{name}: got {given:g}; allowed is none for {what}, which has one")
    return always or options.lossless


def _content(options: Options, feed: AnyFeed) -> Content:
    """What the encoder will see."""
    if feed.kind == "frames" or options.channel == "rgb":
        return "pictures"
    return "labels" if norm_of(options).kind == "labels" else "field"


def _shown_limits(
    plan: TilePlan | FramePlan, limits: FieldLimits | None, codes: DepthCodes | None
) -> FieldLimits | None:
    """The limits; where values number the colours, those of the table; of codes the metres."""
    if codes is not None:
        return Limits(codes.low, codes.high)
    if plan.field.norm.kind not in ("identity", "labels"):
        return limits
    return Limits(0.0, float(plan.field.entries - 1))
