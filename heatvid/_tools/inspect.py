"""What a dump holds: its shape and values in a page of text, and options that would suit it."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from heatvid._cores import available_cores
from heatvid._errors import SourceError, called
from heatvid._jobs.made import made_of_source
from heatvid._options.record import lines_of
from heatvid._progress import progress_bar
from heatvid._statistics.counts import Statistics
from heatvid._statistics.field_limits import SeenSource
from heatvid._statistics.passes import View, ViewStatistics, channel_view, collect
from heatvid._statistics.summary import Summary, summarize
from heatvid._tools.advice import suggest
from heatvid._tools.chart import chart, table
from heatvid._tools.looks import (
    Advance,
    Zeros,
    distinct_values,
    known_vectors,
    unknown_flow,
    zeros_apart,
)
from heatvid._values.channels import NOT_REDUCED, reduce_channels, reduced_dtype
from heatvid.sources import Source, open_source
from heatvid.sources._about import About
from heatvid.sources._axes import ChannelChoiceError

PERCENTILES = (1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0)
BINS = 32
_SHOWN_CHANNELS = 16


@dataclass(frozen=True)
class Report:
    """A summary, and what to do with it.

    Attributes
    ----------
    name : str
        Of the source.
    summary : Summary
        Of all values.
    names : tuple of str
        Of the frames, where they are files.
    fps : float or None
        Of a video.
    channels : dict of str to Statistics
        Of each channel by its number, where there are several, and for two of the ``length`` of
        the vectors.
    order : str
        What the axes were read as, where there are channels and none was chosen.
    distinct : dict of int to int
        How often each value occurs, where all are whole numbers and few.
    zeros : Zeros or None
        Where 0 may stand for no value.
    unknown : int
        Pixels of flow that are marked as unknown, which are NaN in the statistics.
    about : About
        What the source says of them.
    made : dict or None
        How heatvid made it, where it did.
    """

    name: str
    summary: Summary
    names: tuple[str, ...] = ()
    fps: float | None = None
    channels: dict[str, Statistics] = field(default_factory=dict)
    order: str = ""
    distinct: dict[int, int] = field(default_factory=dict)
    zeros: Zeros | None = None
    unknown: int = 0
    about: About = field(default=About())
    made: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and texts, for JSON; infinite and missing values are None."""
        s = self.summary
        return {
            "source": self.name,
            "shape": list(s.shape),
            "axes": ["frames", "height", "width", "channels"][: len(s.shape)],
            "read_as": self.order or None,
            "dtype": s.dtype.name,
            "fps": self.fps,
            "files": list(self.names),
            "minimum": s.minimum,
            "maximum": s.maximum,
            "percentiles": {f"{q:g}": value for q, value in s.percentiles.items()},
            "nan": s.nan_count,
            "posinf": s.posinf_count,
            "neginf": s.neginf_count,
            "finite": s.finite_count,
            "histogram": list(s.histogram),
            "channels": {name: _numbers(each) for name, each in self.channels.items()},
            "distinct": {str(value): count for value, count in self.distinct.items()},
            "zeros_apart": None if self.zeros is None else self.zeros._asdict(),
            "unknown": self.unknown,
            "about": self.about.as_dict(),
            "made": self.made,
            "suggested": self.suggested(),
        }

    def suggested(self) -> str:
        """Options worth a try, as on the command line; empty where the defaults suit."""
        return suggest(self.summary, self.channels, self.distinct, zeros=self.zeros is not None)

    def __str__(self) -> str:
        parts = [self._facts(), self._channel_table(), chart(self.summary, self.distinct)]
        suggested = self.suggested()
        if suggested:
            parts.append([f"  try: heatvid render ... {suggested}"])
        return "\n\n".join("\n".join(part) for part in parts if part)

    def _facts(self) -> list[str]:
        s = self.summary
        axes = ", ".join(["frames", "height", "width", "channels"][: len(s.shape)])
        lines = [self.name, f"  shape        {' x '.join(map(str, s.shape))}  ({axes})"]
        if self.order:
            axis = self.order.index("C")
            lines.append(f"  channels     {s.shape[-1]}, on axis {axis} of {self.order}")
        lines.append(f"  dtype        {s.dtype.name}")
        told = self.about.rows_of_text() + ([] if self.made is None else lines_of(self.made))
        lines += _lines(told)
        if self.names:
            more = ", ..." if len(self.names) > 3 else ""
            lines.append(f"  files        {', '.join(self.names[:3])}{more}")
        if s.minimum is None:
            lines.append("  range        nothing finite")
        else:
            lines.append(f"  range        {s.minimum:.6g} to {s.maximum:.6g}")
            heads = [f"{q:g}%" for q in s.percentiles]
            lines += table("  percentiles", [heads, [*s.percentiles.values()]])
        counts = [("NaN", s.nan_count), ("+Inf", s.posinf_count), ("-Inf", s.neginf_count)]
        total = math.prod(s.shape)
        found = [f"{count} {name} ({count / total:.2%})" for name, count in counts if count]
        lines.append(f"  not finite   {', '.join(found) or 'none'}")
        if self.unknown:
            lines.append(f"  unknown      {self.unknown} vectors, marked by 1e9 or more; NaN here")
        if self.zeros is not None:
            share, least = self.zeros.zeros / s.finite_count, self.zeros.least
            lines.append(
                f"  zeros        {share:.2%}, others from {least:.6g} on: 0 may be no measurement"
            )
        return lines

    def _channel_table(self) -> list[str]:
        shown = list(self.channels.items())
        if len(shown) > _SHOWN_CHANNELS:
            shown = shown[:_SHOWN_CHANNELS]
        rows: list[Sequence[Any]] = [["channel", "min", "1%", "50%", "99%", "max", "not finite"]]
        for name, each in shown:
            middle = [each.percentile(q) for q in each.percentiles]
            missing = each.count - each.finite_count
            rows.append([name, each.minimum, *middle, each.maximum, missing or ""])
        more = len(self.channels) - len(shown)
        lines = table("", rows) if shown else []
        return [*lines, f"  ... {more} more channels"] if more else lines


@dataclass(frozen=True)
class Made:
    """How heatvid made what it does not read itself, as moving pictures."""

    name: str
    made: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and texts, for JSON."""
        return {"source": self.name, "made": self.made}

    def __str__(self) -> str:
        return "\n".join([self.name, *_lines(lines_of(self.made))])


def _lines(rows: list[tuple[str, str]]) -> list[str]:
    return [f"  {name:<12} {words}" for name, words in rows]


def _numbers(s: Statistics) -> dict[str, Any]:
    return {
        "minimum": s.minimum,
        "maximum": s.maximum,
        "percentiles": {f"{q:g}": s.percentile(q) for q in s.percentiles},
        "nan": s.nan_count,
        "posinf": s.posinf_count,
        "neginf": s.neginf_count,
        "finite": s.finite_count,
    }


def inspect_source(source: Any, *, progress: bool | None = None, **selection: Any) -> Report | Made:
    """Read a whole source a few times and report; ``selection`` is that of ``open_source``.

    A Source that is open already is left open.
    """
    made = made_of_source(source)
    try:
        opened, order = _opened(source, selection)
    except SourceError:
        if made is None:
            raise
        return Made(called(source), made)
    with ExitStack() as closing:
        if not isinstance(source, Source):
            closing.callback(opened.close)
        advance = closing.enter_context(progress_bar("reading", opened.length, progress))
        seen = _seen(opened, selection.get("channel"))
        summary = summarize(
            seen, PERCENTILES, advance, threads=min(available_cores(), 8), bins=BINS
        )
        several = len(seen.frame_shape) == 3
        distinct = {} if several or summary.minimum is None else distinct_values(seen, advance)
        return Report(
            opened.name,
            summary,
            tuple(opened.names or ()),
            None if opened.fps is None else float(opened.fps),
            _of_channels(seen, advance) if several else {},
            order,
            distinct,
            None if several or distinct else zeros_apart(seen, summary, advance),
            0 if seen is opened or not several else unknown_flow(opened, advance),
            opened.about,
            made or _made_of_first(source, opened),
        )


def _made_of_first(source: Any, opened: Source) -> dict[str, Any] | None:
    """How the first of the files in a folder was made."""
    if opened.names and isinstance(source, (str, os.PathLike)) and os.path.isdir(source):
        return made_of_source(os.path.join(source, opened.names[0]))
    return None


def _opened(source: Any, selection: dict[str, Any]) -> tuple[Source, str]:
    """Open with the channel chosen; with all of them where there are several and none is."""
    try:
        return open_source(source, **selection), ""
    except ChannelChoiceError as error:
        return open_source(source, **{**selection, "channel": "max"}), error.order


def _seen(source: Source, channel: Any) -> Source:
    """The values that a mode shows, or all channels; of flow what is known."""
    if _may_be_flow(source, channel):
        return SeenSource(source, known_vectors, source.dtype, source.frame_shape)
    if not isinstance(channel, str) or channel in NOT_REDUCED:
        return source
    kind = reduced_dtype(source.dtype, source.frame_shape[-1], channel)
    return SeenSource(source, partial(reduce_channels, mode=channel), kind)


def _may_be_flow(source: Source, channel: Any) -> bool:
    vectors = len(source.frame_shape) == 3 and source.frame_shape[-1] == 2
    return vectors and source.dtype.kind == "f" and channel in (None, "flow")


def _of_channels(source: Source, advance: Advance) -> dict[str, Statistics]:
    """Statistics of each channel, all in the same passes, and of the length of vectors of two."""
    count = source.frame_shape[-1]
    views: dict[str, tuple[View, Any]] = {
        str(i): (channel_view(i), source.dtype) for i in range(count)
    }
    if count == 2:
        kind = reduced_dtype(source.dtype, count, "norm")
        views["length"] = (partial(reduce_channels, mode="norm"), kind)
    each = {name: Statistics(kind, (1.0, 50.0, 99.0)) for name, (_, kind) in views.items()}
    statistics = ViewStatistics([view for view, _ in views.values()], list(each.values()))
    collect(source, statistics, advance, min(available_cores(), 8))
    return each
