"""Opening what is composed: a source and its panels, or a grid of several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace
from typing import Any

from heatvid._errors import HeatvidError, SourceError
from heatvid._jobs.arranged import arranged, arranged_as, shown_in
from heatvid._jobs.composed import ComposedFeed
from heatvid._jobs.feed import Feed
from heatvid._jobs.in_step import Stepped, in_step
from heatvid._jobs.own import in_own_colours, over_own_pictures
from heatvid._jobs.panels import Panel, panels_in, rows_of
from heatvid._jobs.source_feed import SourceFeed, opened_by
from heatvid._options.composed import ComposedOptions
from heatvid._options.options import Options, option_fields
from heatvid._options.rules import check_together
from heatvid.sources import Source
from heatvid.sources._difference import Difference, sources_of

# What is said of fields, and means nothing of their difference.
_OF_DIFFERENCES: dict[str, Any] = {
    o.name: o.default for o in option_fields((
        "vmin", "vmax", "limits", "gamma", "center", "linthresh", "under", "over", "label_colors",
        "label_names", "outlines", "outline_color", "blending", "audio",
    ))
}  # fmt: skip
# What means something for a panel, too: names of its labels, and that it is brought to a size.
_KEPT = ("own_limits", "zoom", "size", "panel_size", "label_names")
# What means something for the whole frame, and not for a panel by itself.
_UNCOMPOSED: dict[str, Any] = {
    o.name: o.default for o in fields(ComposedOptions) if o.name not in _KEPT
}

Rows = Sequence[Sequence[Any]]


def open_composed(options: Options, source: Any) -> ComposedFeed:
    """Open all that is shown, each where it lies.

    Raises
    ------
    SourceError, OptionError
        Something cannot be read, or shown; where there are several the message names it.
    """
    rows, panels = panels_of(source)
    with ExitStack() as closing:
        feeds = _opened(closing, options, panels)
        made = ComposedFeed(options, feeds, arranged_as(options, rows, panels, feeds))
        closing.pop_all()
        return made


def panels_of(source: Any) -> tuple[Rows, list[Panel]]:
    """Rows of what is shown, None for an empty place, and the panels that they have.

    Raises
    ------
    SourceError
        Several would take the frames of one iterator from each other.
    """
    rows = rows_of(source)
    panels = panels_in(rows)
    read = [one for panel in panels for one in sources_of(panel.source) if _gives_once(one)]
    if len(set(map(id, read))) < len(read):
        raise SourceError(
            "panels: one iterator is given for several, and gives each frame once; allowed are "
            "arrays, files, or an iterator for each"
        )
    return rows, panels


def _gives_once(source: Any) -> bool:
    return isinstance(source, Iterator) or (isinstance(source, Source) and not source.rewindable)


def _opened(closing: ExitStack, options: Options, panels: Sequence[Panel]) -> list[SourceFeed]:
    """Open panels, and bring them in step; closed with ``closing``."""
    feeds = []
    for panel, (field, note) in zip(panels, opened_in_step(closing, options, panels), strict=True):
        owned = not isinstance(panel.source, Source)
        with named(panel, several=len(panels) > 1):
            feed = SourceFeed(field.options, field.source, owned=owned, ends=field.ends)
        feeds.append(closing.enter_context(feed))
        if note:
            feed.about = replace(feed.about, note=note)
    return feeds


def opened_in_step(
    closing: ExitStack, options: Options, panels: Sequence[Panel]
) -> list[tuple[Stepped, str]]:
    """Open the source of each panel, and say what holds for it, and what was taken for that."""
    fields, notes = [], []
    for panel in panels:
        with named(panel, several=len(panels) > 1):
            own, note = _own(options, panel)
            fields.append(Stepped(own, opened_by(own, panel.source)))
            notes.append(note)
            if not isinstance(panel.source, Source):
                closing.callback(fields[-1].source.close)
    return list(zip(in_step(fields), notes, strict=True))


def compose_feed(options: Options, feed: Feed) -> ComposedFeed:
    """Compose what one feed brings, as :func:`open_composed` does."""
    shown = shown_in(options, feed, 0, "", options.panels)
    return ComposedFeed(options, [feed], arranged(options, [[shown]]))


def _own(options: Options, panel: Panel) -> tuple[Options, str]:
    """The options that hold for one panel, and what is said of them.

    A difference has no scale, no labels and no background but its own.
    """
    whole = replace(options, **_UNCOMPOSED)
    if isinstance(panel.source, Difference):
        whole = replace(whole, **_OF_DIFFERENCES)
    own = replace(whole, **panel.options)
    check_together(own)
    return over_own_pictures(in_own_colours(own, panel.source), panel.source)


@contextmanager
def named(panel: Panel, *, several: bool) -> Iterator[None]:
    """Let errors begin with the panel's title, where there are several and it has one."""
    try:
        yield
    except HeatvidError as error:
        if several and panel.title is not None:
            raise type(error)(f"{panel.title}: {error}") from error
        raise
