"""The fields of a page, opened: values as they are stored, and what lies under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any

from heatvid._color.colormaps import ColorTable
from heatvid._encode.page.planes import Planes
from heatvid._jobs.arranged import arranged_as
from heatvid._jobs.composed import Shown, common_length, demand_pictures
from heatvid._jobs.composing import named, opened_in_step, panels_of
from heatvid._jobs.in_step import Stepped
from heatvid._jobs.own import in_own_colours, over_own_pictures
from heatvid._jobs.page_options import demand_shown, is_exact, of_values
from heatvid._jobs.page_tables import color_tables
from heatvid._jobs.page_under import Under
from heatvid._jobs.panels import Grid, Panel
from heatvid._jobs.shared_limits import Shared
from heatvid._jobs.source_feed import SourceFeed, opened_by
from heatvid._jobs.when import chosen
from heatvid._layout.pieces import label_names
from heatvid._options.composed import ComposedOptions
from heatvid._options.options import Options
from heatvid._options.rules import check_unlabelled, is_given
from heatvid._plan.make import norm_of
from heatvid._values.limits import Limits
from heatvid.sources import Source

Places = list[list[Shown | None]]
_COVERS = ("linear", "centered", "symlog", "power", "sigmoid")  # norms that place every number


@dataclass(eq=False)
class PageField:
    """A field of a page.

    Attributes
    ----------
    options : Options
        Which hold for it.
    feed : SourceFeed
        Of its values, in the colours that stand for these.
    under : Under
        What lies under it.
    tables : list of ColorTable
        Its colours, then those that are offered beside.
    names : mapping of int to str
        Of its labels.
    limits : Limits
        Of its scale, once they are measured.
    """

    options: Options
    feed: SourceFeed
    under: Under
    tables: list[ColorTable] = field(init=False)
    names: Mapping[int, str] = field(init=False)
    limits: Limits = field(default_factory=lambda: Limits(1.0, 10.0))
    channels_apart = False

    def __post_init__(self) -> None:
        self.tables = color_tables(self.options)
        about = self.feed.about
        self.names = label_names(self.options, about) if self.of_labels else about.label_names
        self.kind = self.under.kind
        self.frame_shape = self.feed.frame_shape

    @property
    def of_labels(self) -> bool:
        """Whether its values are labels."""
        return norm_of(self.options).kind == "labels"

    @property
    def fps(self) -> Fraction:
        """Frames a second."""
        return self.under.fps

    @property
    def timed(self) -> bool:
        """Whether its own rate is known."""
        return self.under.timed if self.kind == "frames" else self.feed.timed

    @property
    def length(self) -> int | None:
        """Frames, those under it included, where that is known."""
        return self.under.length if self.kind == "frames" else self.feed.length

    def planes(self) -> Planes:
        """How values lie in the video: with marks where there may be what is none."""
        options, feed = self.options, self.feed
        asked = any(getattr(options, name) is not None
                    for name in ("vmin", "vmax", "limits", "percentiles"))  # fmt: skip
        whole = not asked and norm_of(options).kind in _COVERS
        known = feed.dtype.kind in "iub" or feed.finder.complete
        return Planes(*feed.size, options.bits, not (whole and known), is_exact(options))


def is_arranged(options: Options, source: Any) -> bool:
    """Whether a page shows panels, not one field that fills it."""
    asked = (o for o in fields(ComposedOptions) if o.name not in ("title", "label_names"))
    given = any(is_given(o, getattr(options, o.name)) for o in asked)
    return given or isinstance(source, Grid | Panel)


def open_one(closing: ExitStack, options: Options, source: Any) -> PageField:
    """Open a field that fills the page."""
    options, note = over_own_pictures(in_own_colours(options, source), source)
    demand_shown(options)
    opened = opened_by(options, source)
    if not isinstance(source, Source):
        closing.callback(opened.close)
    return _opened(closing, Stepped(options, opened), note)


def open_arranged(
    closing: ExitStack, options: Options, source: Any
) -> tuple[list[PageField], Places]:
    """Open all that is shown, and say where: rows of panels, None for an empty place."""
    demand_shown(options, panels=True)
    rows, panels = panels_of(source)
    for panel in panels:
        with named(panel, several=len(panels) > 1):
            demand_shown(replace(options, **panel.options), panels=True)
    opened = []
    for panel, (step, note) in zip(panels, opened_in_step(closing, options, panels), strict=True):
        with named(panel, several=len(panels) > 1):
            opened.append(_opened(closing, step, note))
    common_length([(each.feed.name, each.length) for each in opened])
    places = arranged_as(options, rows, panels, opened)
    for shown in (shown for row in places for shown in row if shown is not None):
        demand_pictures(shown, opened[shown.feed].kind, opened[shown.feed].feed.name)
    return opened, places


def _opened(closing: ExitStack, step: Stepped, note: str) -> PageField:
    """Open values and what lies under them, by one clock, which pictures may tell."""
    own, source = of_values(step.options), step.source
    feed = closing.enter_context(SourceFeed(own, source, ends=step.ends))
    under = Under(step.options, feed, source, step.ends)
    closing.callback(under.close)
    at_its_times = under.over(chosen(source).source)
    if at_its_times is not None and feed.length != 1:
        feed = closing.enter_context(SourceFeed(own, at_its_times, one_clock=False))
    if note:
        feed.about = replace(feed.about, note=note)
    return PageField(step.options, feed, under)


def demand_labels(options: Options, fields: Sequence[PageField]) -> None:
    """Refuse names of labels where there are none."""
    if not any(each.of_labels for each in fields):
        check_unlabelled(options)


def measure(options: Options, opened: Sequence[PageField]) -> float:
    """Find the limits of all; those that show one quantity share them. Give the seconds it took."""
    shared = Shared(options, [each.feed for each in opened])
    _, seconds = shared.measure()
    for each, found in zip(opened, shared.found, strict=True):
        assert isinstance(found, Limits), "one value a pixel, of one scale"
        each.limits = found
    return seconds
