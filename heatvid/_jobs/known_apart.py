"""What has to be known of all frames, found in several processes as one alone would find it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from heatvid._jobs.composed import ComposedFeed
from heatvid._jobs.known import Known
from heatvid._jobs.segment import Counting, Segment, counted, spanned
from heatvid._jobs.source_feed import SourceFeed, measured
from heatvid._jobs.workers import Workers
from heatvid._progress import progress_bar
from heatvid._statistics.field_limits import unseen_together
from heatvid._values.limits import FieldLimits
from heatvid.sources._retimed import RetimedSource


def known_apart(
    feed: SourceFeed | ComposedFeed,
    segments: Sequence[Segment],
    workers: Workers,
    progress: bool | None,
) -> list[Known]:
    """Find what is known of each field, the limits of those that share a scale together.

    Parameters
    ----------
    feed : SourceFeed or ComposedFeed
        All frames.
    segments : sequence of Segment
        Of all of them.
    workers : Workers
    progress : bool or None
        Whether it is shown; None where a terminal decides that.
    """
    fields = feed.fields
    found: list[FieldLimits | None] = [field.finder.fixed for field in fields]
    groups = [tuple(i for i in group if fields[i].finder.sought) for group in feed.groups]
    apart = []
    for group in filter(None, groups):
        if any(_decodes_on(fields[i]) for i in group):
            limits = measured([fields[i] for i in group])
            for i in group:
                found[i] = limits
        else:
            apart.append(group)
    for counting in _counted(fields, apart, segments, workers, progress):
        for i in counting.fields:
            found[i] = fields[i].finder.limits_of(counting.each)
    followed = _followed(fields, segments, workers, progress)
    return [
        Known(field.name, limits, each, field.finder.complete)
        for field, limits, each in zip(fields, found, followed, strict=True)
    ]


def _decodes_on(field: SourceFeed) -> bool:
    """Whether each part would decode what lies before it, or limits are those of other frames."""
    return field.source.compressed or isinstance(field.source, RetimedSource)


def _counted(
    fields: Sequence[SourceFeed],
    groups: Sequence[tuple[int, ...]],
    segments: Sequence[Segment],
    workers: Workers,
    progress: bool | None,
) -> list[Counting]:
    """Let statistics of groups see all frames, in as many passes as they need."""
    counting = []
    for group in groups:
        seen = [(fields[i].finder, fields[i].source) for i in group]
        counting.append(Counting(group, tuple(unseen_together(seen))))
    left = counting
    if not left:
        return []
    with progress_bar("statistics", segments[-1].frames.stop, progress) as advance:
        while left:
            fresh = tuple(one.fresh() for one in left)
            sent = [replace(segment, counting=fresh) for segment in segments]
            for found in workers.map(counted, sent, advance):
                for one, other in zip(left, found, strict=True):
                    one.merge(other)
            left = [one for one in left if one.refine()]
    return counting


def _followed(
    fields: Sequence[SourceFeed],
    segments: Sequence[Segment],
    workers: Workers,
    progress: bool | None,
) -> list[tuple[FieldLimits, ...]]:
    """Find the limits of each frame of fields where they follow those before; () of others."""
    if not any(field.finder.follows for field in fields):
        return [()] * len(fields)
    with progress_bar("statistics", segments[-1].frames.stop, progress) as advance:
        spans = workers.map(spanned, segments, advance)
    each = []
    for i, field in enumerate(fields):
        follow = field.finder.following(float(field.fps))
        each.append(follow(own for part in spans for own in part[i]))
    return each
