"""What each feed is shown in: panels in their places, with their captions."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from heatvid._errors import OptionError, brief
from heatvid._jobs.composed import Shown
from heatvid._jobs.panels import Panel
from heatvid._options.options import Options
from heatvid._options.rules import check_panels
from heatvid.sources._difference import Difference


class Field(Protocol):
    """What is shown, as a feed is.

    Attributes
    ----------
    kind : {"frames", "color", None}
        What lies under it.
    channels_apart : bool
    frame_shape : tuple of int
    """

    kind: str | None
    channels_apart: bool
    frame_shape: tuple[int, ...]


def arranged_as(
    options: Options, rows: Sequence[Sequence[Any]], panels: Sequence[Panel], feeds: Sequence[Field]
) -> list[list[Shown | None]]:
    """All panels in their places, of rows of sources, or None, each of which has a feed."""
    each = iter(_each_shown(options, panels, feeds))
    shown = [[None if item is None else next(each) for item in row] for row in rows]
    return arranged(options, shown)


def _each_shown(
    options: Options, panels: Sequence[Panel], feeds: Sequence[Field]
) -> Iterator[list[Shown]]:
    """What each feed is shown in; a difference has nothing under it but what it is given."""
    for number, (panel, feed) in enumerate(zip(panels, feeds, strict=True)):
        asked = None if isinstance(panel.source, Difference) else options.panels
        yield shown_in(options, feed, number, _caption(panel, len(panels) > 1), asked)


def _caption(panel: Panel, several: bool) -> str:
    """Its title; of several files their names."""
    return _name(panel.source, panel.title) if several else panel.title or ""


def _name(source: Any, title: str | None) -> str:
    if title is not None:
        return title
    if isinstance(source, Difference):
        a, b = map(_name, (source.a, source.b), source.titles)
        return f"{b} - {a}" if a and b else "difference"
    if not isinstance(source, str | bytes | os.PathLike):
        return ""
    return os.path.splitext(os.path.basename(os.fsdecode(source).rstrip("/")))[0]


def shown_in(
    options: Options, feed: Field, number: int, caption: str, panels: Sequence[str] | None
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


def arranged(
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
