"""The feed of composed frames: one or several feeds in step, and the panels that show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Self

from heatvid._canvas import Canvas
from heatvid._errors import OptionError
from heatvid._jobs.composition import composed
from heatvid._jobs.feed import Feed, Filled
from heatvid._jobs.known import Known
from heatvid._jobs.shared_limits import Shared
from heatvid._jobs.source_feed import SourceFeed
from heatvid._layout.cell import Cell
from heatvid._layout.composition import compose
from heatvid._layout.frame_labels import FrameLabels
from heatvid._options.options import Options
from heatvid._options.rules import check_unlabelled
from heatvid._plan.frame import FramePlan, limits_of
from heatvid._values.limits import FieldLimits, Limits
from heatvid._values.timeline import Clock
from heatvid.backends import Choice, Renderer, Slot


@dataclass(frozen=True)
class Shown:
    """What a panel shows of which feed.

    Attributes
    ----------
    feed : int
        Whose.
    shows : {"background", "heat", "overlay"}
    caption : str
    channel : int or None
        The one that is shown, of several.
    """

    feed: int
    shows: str
    caption: str = ""
    channel: int | None = None


class ComposedFeed:
    """Feeds in step, composed; it stands for them as a :class:`Feed` does.

    Parameters
    ----------
    options : Options
        Of the whole; each feed has its own.
    feeds : sequence of Feed
        Open; closed with this where they have to be.
    rows : sequence of sequences of Shown or None

    Attributes
    ----------
    main : Feed
        The first, which tells the frame rate and what else there is one of.
    first : int
        The first frame's number among all, where these are a part.
    """

    codes = None
    first = 0

    def __init__(
        self, options: Options, feeds: Sequence[Feed], rows: Sequence[Sequence[Shown | None]]
    ) -> None:
        self._options, self.feeds, self._rows = options, tuple(feeds), rows
        if all(feed.labels_seen.labels is None for feed in feeds):
            check_unlabelled(options)
        self.main = feeds[0]
        timed = next((feed for feed in feeds if feed.timed), self.main)
        self.name, self.fps, self.timed = self.main.name, timed.fps, timed.timed
        self.beside = self.main.beside
        self.about, self.labels_seen = self.main.about, self.main.labels_seen
        self.length = common_length([(feed.name, feed.length) for feed in feeds])
        self.kind = "frames" if any(feed.kind == "frames" for feed in feeds) else self.main.kind
        self._limits = Shared(options, feeds)

    @property
    def fields(self) -> tuple[SourceFeed, ...]:
        """All that is read."""
        return tuple(feed for feed in self.feeds if isinstance(feed, SourceFeed))

    @property
    def groups(self) -> Sequence[Sequence[int]]:
        """Which of them share a scale."""
        return self._limits.groups

    @property
    def reading(self) -> str:
        """How the first is read, where there was a choice."""
        return self.main.reading

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width of the frame, as far as that is known without the limits."""
        plan = self._composed(Canvas("yuv420p", 2, 2), self._limits.supposed())
        return plan.canvas.content_height, plan.canvas.content_width

    @property
    def pixels(self) -> int | None:
        """Pixels to render in all, where their number is known."""
        height, width = self.size
        return None if self.length is None else self.length * height * width

    def part(self, frames: range, known: Sequence[Known] = ()) -> None:
        """Leave only some of the frames, shown as all would be: by the same clock and names.

        Parameters
        ----------
        frames : range
        known : sequence of Known, optional
            Of each field: of all frames what they have in common, of these what each has.
        """
        for i, field in enumerate(self.fields):
            field.part(frames, known[i : i + 1])
        self.length, self.first = len(frames), self.first + frames.start
        if known:
            self._limits.found = [own.limits for own in known]

    def palette_fits(self) -> bool:
        """Whether a palette holds each colour: there are those of texts, too."""
        return False

    def measure(self) -> tuple[FieldLimits | None, float]:
        """Limits of the first, and the seconds it took to find those of all."""
        return self._limits.measure()

    def plan(self, canvas: Canvas, limits: FieldLimits | None) -> FramePlan:
        """Decide everything, and begin.

        Parameters
        ----------
        canvas : Canvas
            Of the pixel format that is wanted; the frame has the size that all takes.
        limits : Limits, tuple of Limits or None
            Of the first feed; all are known from :meth:`measure`.
        """
        plan = self._composed(canvas, self._limits.found)
        plan = self._in_step(plan)
        for feed, (own, found) in enumerate(zip(self.feeds, self._limits.found, strict=True)):
            own.begin(_under(plan, feed, canvas), plan.batch_size, found)
        self.batch_size = plan.batch_size
        return plan

    def _composed(self, canvas: Canvas, limits: Sequence[FieldLimits | None]) -> FramePlan:
        rows = [[None if p is None else self._cell(p, limits) for p in row] for row in self._rows]
        return compose(self._options, rows, canvas)

    def _cell(self, panel: Shown, limits: Sequence[FieldLimits | None]) -> Cell:
        feed = self.feeds[panel.feed]
        demand_pictures(panel, feed.kind, feed.name)
        own = limits[panel.feed]
        if own is not None:
            own = limits_of(own, panel.channel)
        alone = panel.shows == "heat" and feed.kind == "frames"
        show = partial(feed.tile_plan, limits=own, alone=alone, channel=panel.channel)
        return Cell(
            feed=panel.feed,
            size=feed.size if panel.channel is None else (feed.frame_shape[0], feed.frame_shape[1]),
            plan=None if panel.shows == "background" else show,
            under=partial(_pictures_for, feed),
            labels=self._labels(feed, own),
            caption=panel.caption,
            channel=panel.channel,
            about=feed.about,
            moves_with=self._limits.moving(panel.feed, panel.channel),
        )

    def _labels(self, feed: Feed, limits: FieldLimits | None) -> FrameLabels:
        clock = feed.clock if isinstance(feed, SourceFeed) else Clock(self.fps, self.length)
        about, values = feed.about, limits if isinstance(limits, Limits) else None
        return FrameLabels(clock, about.times, about.labels, feed.name, values)

    def _in_step(self, plan: FramePlan) -> FramePlan:
        """Give all tiles batches of one size; bring pictures to the size that they have now."""
        tiles = tuple(
            replace(tile, plan=tile.plan and replace(tile.plan, batch_size=plan.batch_size))
            for tile in plan.tiles
        )
        shown = {t.feed: t.canvas for t in tiles if t.plan is None or t.plan.blends}
        for i, feed in enumerate(self.feeds):
            feed.beside.bring_to(shown.get(i))
        return replace(plan, tiles=tiles)

    def input_shape(self, renderer: Renderer) -> tuple[Any, ...]:
        """One frame in the buffers of a slot, of each feed."""
        return tuple(feed.input_shape(renderer) for feed in self.feeds)

    def fill(self, slot: Slot, start: int, renderer: Renderer) -> Filled:
        """Fill a slot with the frames from ``start`` on, of each feed."""
        parts = slot.backend.feeds
        each = [
            feed.fill(part, start, renderer)  # type: ignore[attr-defined]  # sources alone are read
            for feed, part in zip(self.feeds, parts, strict=True)
        ]
        count = each[0].frames
        for feed, own in zip(self.feeds, each, strict=True):
            if own.frames != count:
                raise _unequal([(self.main.name, start + count), (feed.name, start + own.frames)])
        self._limits.share(parts)
        return Filled(
            count, _all_of([own.before for own in each]), _all_of([own.after for own in each])
        )

    def check_all_used(self, frames: int) -> None:
        """Demand that nothing is left over after ``frames`` of each."""
        for feed in self.feeds:
            feed.check_all_used(frames)
            if isinstance(feed, SourceFeed) and self.length is not None:
                feed.demand_ended(frames)

    def warn_of_blank(self) -> None:
        """Warn of frames that are all NaN, of each feed."""
        for feed in self.feeds:
            feed.warn_of_blank()

    def warn_of_strays(self) -> None:
        """Warn of labels that have no colour of their own, of each feed."""
        for feed in self.feeds:
            feed.warn_of_strays()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as closing:
            for feed in self.feeds:
                if isinstance(feed, SourceFeed):
                    closing.push(feed)


AnyFeed = Feed | ComposedFeed
ReadFeed = SourceFeed | ComposedFeed


def suited(choice: Choice, feed: ReadFeed) -> Choice:
    """A backend as it renders a feed."""
    return composed(choice) if isinstance(feed, ComposedFeed) else choice


def demand_pictures(panel: Shown, kind: str | None, name: str) -> None:
    """Demand what a panel shows of what lies under a field of that name."""
    if panel.shows != "heat" and kind != "frames":
        raise OptionError(
            f"panels: got {panel.shows!r} of {name}, which has no background; allowed is "
            "'heat', or that with background="
        )


def common_length(lengths: Sequence[tuple[str, int | None]]) -> int | None:
    """How many frames each has, by its name; None where that is not known of any.

    Raises
    ------
    OptionError
        They have not as many.
    """
    known = [(name, length) for name, length in lengths if length is not None]
    if len({length for _, length in known}) > 1:
        raise _unequal(known)
    return known[0][1] if known else None


def _all_of(calls: Sequence[Callable[[], None] | None]) -> Callable[[], None] | None:
    """One call of all that there are."""
    some = [call for call in calls if call is not None]
    if len(some) < 2:
        return some[0] if some else None

    def call_all() -> None:
        for call in some:
            call()

    return call_all


def _pictures_for(feed: Feed, canvas: Canvas) -> Canvas:
    """As what a feed's pictures come for a canvas: RGB where the blend mode needs that."""
    if canvas.bits > 8 and not canvas.has_alpha:
        raise OptionError(
            f"panels: got pictures of {feed.name} in {canvas.pixel_format}, of 10 bits; allowed "
            "there are the colours of a colormap alone"
        )
    straight = feed.blend == "over"
    return canvas if straight else replace(canvas, pixel_format="rgb24")


def _under(plan: FramePlan, feed: int, pixels: Canvas) -> Canvas:
    """The canvas of the pictures that a feed brings, if any does."""
    for tile in plan.tiles:
        if tile.feed == feed and tile.plan is not None and tile.plan.blends:
            return tile.plan.composed_on
        if tile.feed == feed and tile.under is not None:
            return tile.under
    return pixels


def _unequal(lengths: Sequence[tuple[str, int]]) -> OptionError:
    told = ", ".join(f"{name} has {length} frames" for name, length in lengths)
    return OptionError(
        f"panels: {told}; allowed are as many of each (frames='START:STOP' takes a part, "
        "source_fps and hold bring them in step)"
    )
