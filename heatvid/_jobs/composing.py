"""Opening what is composed: a source and its panels, or a grid of several."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace
from typing import Any

from heatvid._errors import AnyPath, HeatvidError, OptionError, brief, printable
from heatvid._jobs.composed import ComposedFeed, Shown
from heatvid._jobs.feed import Feed
from heatvid._jobs.in_step import Stepped, in_step
from heatvid._jobs.own import in_own_colours, over_own_pictures
from heatvid._jobs.panels import Grid, Panel
from heatvid._jobs.source_feed import SourceFeed, opened_by
from heatvid._options.composed import ComposedOptions
from heatvid._options.options import Options, option_fields
from heatvid._options.rules import check_panels, check_together, is_given
from heatvid.backends import Choice
from heatvid.backends._composed import ComposedRenderer
from heatvid.sources import Source
from heatvid.sources._difference import Difference

# What is said of fields, and means nothing of their difference.
_OF_DIFFERENCES: dict[str, Any] = {
    o.name: o.default for o in option_fields((
        "vmin", "vmax", "limits", "gamma", "center", "linthresh", "under", "over", "label_colors",
        "outlines", "outline_color", "blending", "audio",
    ))
}  # fmt: skip


# What means something for the whole frame, and not for a panel by itself.
_KEPT = ("own_limits", "zoom", "size", "panel_size")  # of a panel: its field is brought to a size
_UNCOMPOSED: dict[str, Any] = {
    o.name: o.default for o in fields(ComposedOptions) if o.name not in _KEPT
}


def is_composed(options: Options, source: Any = None) -> bool:
    """Whether more is shown than one field that fills the frame."""
    asked = any(is_given(o, getattr(options, o.name)) for o in fields(ComposedOptions))
    return asked or isinstance(source, Grid | Panel) or options.channel == "grid"


def demand_one_field(source: Any, output: AnyPath) -> None:
    """Refuse panels where an output holds the values of one field."""
    if isinstance(source, Grid | Panel):
        raise OptionError(
            f"{printable(output)}: holds the values of one field; allowed with panels are videos "
            "and pictures"
        )


def inputs_of(options: Options, source: Any) -> tuple[Any, ...]:
    """All that may be files that are read."""
    if isinstance(source, Grid):
        each = (inputs_of(options, panel) for row in source.rows for panel in row if panel)
        return tuple(file for files in each for file in files)
    if isinstance(source, Panel):
        return inputs_of(replace(options, **source.options), source.source)
    if isinstance(source, Difference):
        return source.a, source.b
    return source, options.background, options.alpha_mask


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
    rows = source.rows if isinstance(source, Grid) else ((source,),)
    panels = [_panel(item) for row in rows for item in row if item is not None]
    with ExitStack() as closing:
        feeds = _opened(closing, options, panels)
        each = iter(_each_shown(options, panels, feeds))
        shown = [[None if item is None else next(each) for item in row] for row in rows]
        made = ComposedFeed(options, feeds, _arranged(options, shown))
        closing.pop_all()
        return made


def _each_shown(
    options: Options, panels: Sequence[Panel], feeds: Sequence[Feed]
) -> Iterator[list[Shown]]:
    """What each feed is shown in; a difference has nothing under it but what it is given."""
    for number, (panel, feed) in enumerate(zip(panels, feeds, strict=True)):
        asked = None if isinstance(panel.source, Difference) else options.panels
        yield _shown(options, feed, number, _caption(panel, len(panels) > 1), asked)


def _panel(item: Any) -> Panel:
    return item if isinstance(item, Panel) else Panel(item)


def _opened(closing: ExitStack, options: Options, panels: Sequence[Panel]) -> list[SourceFeed]:
    """Open panels, and bring them in step; closed with ``closing``."""
    fields, notes = [], []
    for panel in panels:
        with _named(panel, several=len(panels) > 1):
            own, note = _own(options, panel)
            fields.append(Stepped(own, opened_by(own, panel.source)))
            notes.append(note)
            if not isinstance(panel.source, Source):
                closing.callback(fields[-1].source.close)
    feeds = []
    for panel, field, note in zip(panels, in_step(fields), notes, strict=True):
        owned = not isinstance(panel.source, Source)
        with _named(panel, several=len(panels) > 1):
            feed = SourceFeed(field.options, field.source, owned=owned, ends=field.ends)
        feeds.append(closing.enter_context(feed))
        if note:
            feed.about = replace(feed.about, note=note)
    return feeds


def compose_feed(options: Options, feed: Feed) -> ComposedFeed:
    """Compose what one feed brings, as :func:`open_composed` does."""
    shown = _shown(options, feed, 0, "", options.panels)
    return ComposedFeed(options, [feed], _arranged(options, [[shown]]))


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
def _named(panel: Panel, *, several: bool) -> Iterator[None]:
    """Let errors begin with the panel's title, where there are several and it has one."""
    try:
        yield
    except HeatvidError as error:
        if several and panel.title is not None:
            raise type(error)(f"{panel.title}: {error}") from error
        raise


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


def _shown(
    options: Options, feed: Feed, number: int, caption: str, panels: Sequence[str] | None
) -> list[Shown]:
    """The panels that a feed is shown in; by default one."""
    if feed.channels_apart:
        names = options.captions or [f"channel {i}" for i in range(feed.frame_shape[2])]
        if len(names) != feed.frame_shape[2]:
            raise _wrong_captions(options, feed.frame_shape[2])
        shows = "overlay" if feed.kind == "frames" else "heat"
        return [Shown(number, shows, name, channel) for channel, name in enumerate(names)]
    usual = ("overlay",) if feed.kind == "frames" else ("heat",)
    wanted = usual if panels is None else panels
    return [Shown(number, shows, caption) for shows in wanted]


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
    """Channels lie in a grid as square as can be, wider than high; all else in one row."""
    apart = any(shown is not None and shown.channel is not None for shown in panels)
    return math.isqrt(len(panels) - 1) + 1 if apart else len(panels)


def _captioned(options: Options, rows: list[list[Shown | None]]) -> list[list[Shown | None]]:
    """Give each panel the caption that is asked for, now that all are known."""
    every = [shown for row in rows for shown in row if shown is not None]
    check_panels(options, len(every))
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
