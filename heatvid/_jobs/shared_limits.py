"""The limits of several feeds: one scale for all that show the same quantity."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Any

from heatvid._jobs.feed import Feed
from heatvid._jobs.source_feed import measured
from heatvid._options.options import Options
from heatvid._values.limits import FieldLimits, Limits
from heatvid.backends import Slot


class Shared:
    """The limits of each feed, found together where they share a scale.

    Attributes
    ----------
    found : list of Limits, tuple of Limits or None
        Of each feed, once they are measured; None where each frame brings its own.
    groups : list of list of int
        Which feeds share a scale.
    """

    def __init__(self, options: Options, feeds: Sequence[Feed]) -> None:
        self._options, self._feeds = options, feeds
        groups: defaultdict[Hashable, list[int]] = defaultdict(list)
        for i, feed in enumerate(feeds):
            groups[i if options.own_limits else _quantity(feed)].append(i)
        self.groups = list(groups.values())
        self.found: list[FieldLimits | None] = [feed.finder.fixed for feed in feeds]

    def supposed(self) -> list[FieldLimits | None]:
        """Limits of which the same is drawn, for the size of what is drawn."""
        return [
            None if feed.finder.moves else feed.finder.fixed or feed.finder.supposed
            for feed in self._feeds
        ]

    def moving(self, feed: int, channel: int | None) -> Hashable:
        """Equal for feeds, and channels of them, whose limits are the same wherever they move."""
        group = next(i for i, group in enumerate(self.groups) if feed in group)
        return group, channel if self._options.own_limits else None

    def measure(self) -> tuple[FieldLimits | None, float]:
        """Find all limits; give those of the first, and the seconds it took."""
        since = time.perf_counter()
        for group in self.groups:
            sought = [
                i for i in group if self.found[i] is None and self._feeds[i].finder.sought
            ]  # fmt: skip
            if sought:
                found = measured([self._feeds[i] for i in sought])  # type: ignore[misc]
                for i in sought:
                    self.found[i] = found
        return self.found[0], time.perf_counter() - since

    def share(self, slots: Sequence[Slot]) -> None:
        """Bring moving limits together, those of each feed's slot where they share a scale."""
        for group in self.groups:
            moving = [slots[i] for i in group if slots[i].limits]
            if len(moving) > 1:
                each = zip(*(slot.limits for slot in moving), strict=True)
                shared = tuple(_around(limits) for limits in each)
                for slot in moving:
                    slot.limits = shared


def _quantity(feed: Feed) -> Hashable:
    """What feeds have in common that share a scale; all that says nothing shows the same."""
    finder = feed.finder
    return feed.about.title, feed.about.units, finder.kind, finder.fixed


def _around(limits: Sequence[Any]) -> FieldLimits:
    """The limits that hold those of all, of each channel where there are several."""
    if isinstance(limits[0], Limits):
        return _widest(limits)
    return tuple(_widest(own) for own in zip(*limits, strict=True))


def _widest(limits: Sequence[Any]) -> Limits:
    return Limits(min(low for low, _ in limits), max(high for _, high in limits))
