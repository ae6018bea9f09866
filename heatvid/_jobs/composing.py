"""Opening what is composed: a source and its panels, or a grid of several."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import fields, replace
from typing import Any

from heatvid._errors import HeatvidError, OptionError, brief
from heatvid._jobs.composed import ComposedFeed, Shown
from heatvid._jobs.feed import Feed
from heatvid._jobs.own import in_own_colours, over_own_pictures
from heatvid._jobs.panels import Grid, Panel
from heatvid._jobs.source_feed import open_feed
from heatvid._options.composed import ComposedOptions
from heatvid._options.options import Options
from heatvid._options.rules import check_together, is_given
from heatvid._values.channels import grid_shape
from heatvid.backends import Choice
from heatvid.backends._composed import ComposedRenderer
from heatvid.sources._difference import Difference

Arranged = Sequence[Sequence[Any]]


# What means something for the whole frame, and not for a panel by itself.
_KEPT = ("own_limits", "zoom", "size", "panel_size")  # of a panel: its field is brought to a size
_UNCOMPOSED: dict[str, Any] = {
    o.name: o.default for o in fields(ComposedOptions) if o.name not in _KEPT
}


def is_composed(options: Options, source: Any = None) -> bool:
    """Whether more is shown than one field that fills the frame."""
    drawn = (option for option in fields(ComposedOptions) if option.name != "own_limits")
    asked = any(is_given(option, getattr(options, option.name)) for option in drawn)
    return asked or isinstance(source, Grid | Panel) or options.channel == "grid"


def composed(choice: Choice) -> Choice:
    """A backend that renders what is composed."""
    return choice._replace(backend=ComposedRenderer(choice.backend))


def open_composed(options: Options, source: Any) -> ComposedFeed:
    """Open all that is shown, each where it lies.

    Raises
    ------
    SourceError, OptionError
        Something cannot be read, or shown; where there are several the message names it.
    """
    rows = source.rows if isinstance(source, Grid) else [[source]]
    several = sum(panel is not None for row in rows for panel in row) > 1
    with ExitStack() as closing:
        feeds: list[Feed] = []
        shown: list[list[list[Shown] | None]] = []
        for row in rows:
            shown.append([])
            for item in row:
                if item is None:
                    shown[-1].append(None)
                    continue
                panel = item if isinstance(item, Panel) else Panel(item)
                feed = closing.enter_context(_open(options, panel, several=several))
                caption = _caption(panel, several)
                shown[-1].append(_shown(options, feed, len(feeds), caption))
                feeds.append(feed)
        made = ComposedFeed(options, feeds, _arranged(options, shown))
        closing.pop_all()
        return made


def compose_feed(options: Options, feed: Feed) -> ComposedFeed:
    """Compose what one feed brings, as :func:`open_composed` does."""
    return ComposedFeed(options, [feed], _arranged(options, [[_shown(options, feed, 0, "")]]))


def _open(options: Options, panel: Panel, *, several: bool) -> Any:
    """Open one panel, with the options that hold for it."""
    own = replace(options, **_UNCOMPOSED, **panel.options)
    try:
        check_together(own)
        own, note = over_own_pictures(in_own_colours(own, panel.source), panel.source)
        feed = open_feed(own, panel.source)
    except HeatvidError as error:
        if several and panel.title is not None:
            raise type(error)(f"{panel.title}: {error}") from error
        raise
    if note:
        feed.about = replace(feed.about, note=note)
    return feed


def _caption(panel: Panel, several: bool) -> str:
    """Its title; of several files their names."""
    if panel.title is not None or not several:
        return panel.title or ""
    return _name(panel.source)


def _name(source: Any) -> str:
    if isinstance(source, Difference):
        a, b = _name(source.a), _name(source.b)
        return f"{b} - {a}" if a and b else "difference"
    if not isinstance(source, str | bytes | os.PathLike):
        return ""
    return os.path.splitext(os.path.basename(os.fsdecode(source).rstrip("/")))[0]


def _shown(options: Options, feed: Feed, number: int, caption: str) -> list[Shown]:
    """The panels that a feed is shown in."""
    if feed.channels_apart:
        names = options.captions or [f"channel {i}" for i in range(feed.frame_shape[2])]
        if len(names) != feed.frame_shape[2]:
            raise _wrong_captions(options, feed.frame_shape[2])
        shows = "overlay" if feed.kind == "frames" else "heat"
        return [Shown(number, shows, name, channel) for channel, name in enumerate(names)]
    usual = ("overlay",) if feed.kind == "frames" else ("heat",)
    return [Shown(number, shows, caption) for shows in options.panels or usual]


def _arranged(
    options: Options, rows: Sequence[Sequence[list[Shown] | None]]
) -> list[list[Shown | None]]:
    """All panels in their places; those of one row go on in the next where columns are given."""
    flat: list[list[Shown | None]] = [
        [shown for some in row for shown in (some if some is not None else [None])] for row in rows
    ]
    if len(flat) == 1:
        every, columns = flat[0], options.columns or _columns(flat[0])
        flat = [every[i : i + columns] for i in range(0, len(every), columns)]
    elif options.columns is not None:
        raise OptionError(
            f"columns: got {options.columns} for a grid of {len(flat)} rows; allowed with one row"
        )
    return _captioned(options, flat)


def _columns(panels: Sequence[Shown | None]) -> int:
    """Channels lie in a grid as square as can be; all else in one row."""
    apart = any(shown is not None and shown.channel is not None for shown in panels)
    return grid_shape(len(panels))[1] if apart else len(panels)


def _captioned(options: Options, rows: list[list[Shown | None]]) -> list[list[Shown | None]]:
    """Give each panel the caption that is asked for."""
    every = [shown for row in rows for shown in row if shown is not None]
    if options.captions is None:
        return rows
    if len(options.captions) != len(every):
        raise _wrong_captions(options, len(every))
    left = iter(options.captions)
    return [[s and replace(s, caption=next(left)) for s in row] for row in rows]


def _wrong_captions(options: Options, panels: int) -> OptionError:
    return OptionError(
        f"captions: got {brief(options.captions)}, {len(options.captions)} for {panels} panels; "
        "allowed is one each"
    )
