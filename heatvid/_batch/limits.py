"""One scale for all jobs: each source is counted where it is opened, and the counts are merged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from heatvid._batch.executing import Engine, outcomes
from heatvid._batch.job import JobSpec
from heatvid._batch.running import heard
from heatvid._batch.stopping import Working, watch
from heatvid._errors import OptionError, RenderError, brief, called
from heatvid._jobs.measure import demand_limits
from heatvid._jobs.source_feed import open_feed
from heatvid._options.rules import check_together
from heatvid._progress import Listener, heard_by
from heatvid._reasons import in_words
from heatvid._statistics.counts import Statistics
from heatvid._statistics.field_limits import LimitsFinder
from heatvid._values.limits import FieldLimits


@dataclass(frozen=True)
class Seen:
    """What a pass over one source found.

    Attributes
    ----------
    frame_shape : tuple of int
    dtype : numpy.dtype
    fixed : Limits, tuple of Limits or None
        Limits that need no data, as those of uint8.
    each : list of Statistics
        Of each channel that has limits of its own, of this pass.
    """

    frame_shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fixed: FieldLimits | None
    each: list[Statistics]


def count(spec: JobSpec, batch: str, each: list[Statistics] | None) -> Seen | str:
    """Make one pass over a job's source, the first where ``each`` is None; or say why not."""
    try:
        check = watch(batch)
        with Working(), heard_by(hear := heard(spec, check)):
            check()
            with open_feed(spec.options, spec.source) as feed:
                finder, fixed = feed.finder, feed.finder.fixed
                if not feed.source.rewindable:
                    finder.demand_without_pass(feed.name)
                seen = finder.unseen() if each is None else each
                if fixed is None:
                    finder.count(feed.source, seen, partial(_tell, hear, feed.length))
                return Seen(feed.frame_shape, feed.dtype, fixed, seen)
    except BaseException as error:  # KeyboardInterrupt would take a worker with it
        return in_words(error)


def _tell(hear: Listener, frames: int | None, count: int) -> None:
    hear("measuring", count, frames)


class SharedLimits:
    """The limits of all sources of a batch, as if they were one.

    Attributes
    ----------
    failed : dict of int to str
        Why a job's source could not be measured, by the job's number.
    passes : int
        How many have been made.
    """

    def __init__(self, engine: Engine, batch: str) -> None:
        self._engine, self._batch = engine, batch
        self.failed: dict[int, str] = {}

    def measure(self, specs: Sequence[JobSpec]) -> Iterator[JobSpec]:
        """Measure all sources; yield each job after its first pass, for progress."""
        first: tuple[JobSpec, Seen] | None = None
        merged: list[Statistics] = []
        for spec, found in outcomes(count, specs, self._engine, self._batch, None):
            yield spec
            if not isinstance(found, Seen):
                self.failed[spec.number] = found if isinstance(found, str) else in_words(found)
            elif first is None:
                first = spec, found
                merged = found.each
            else:
                _demand_alike(first, spec, found)
                _merge(merged, found.each)
        if first is None:
            raise RenderError(f"no source could be measured: {next(iter(self.failed.values()))}")
        whole = [spec for spec in specs if spec.number not in self.failed]
        if first[1].fixed is None:
            self._refine(whole, merged)
        self.limits = self._limits(*first, merged)

    def _refine(self, specs: Sequence[JobSpec], merged: list[Statistics]) -> None:
        """Make the passes that percentiles need beyond the first."""
        while _left(merged):
            fresh = [own.fresh() for own in merged]
            for spec, found in outcomes(count, specs, self._engine, self._batch, fresh):
                if not isinstance(found, Seen):
                    why = found if isinstance(found, str) else in_words(found)
                    raise RenderError(f"{_name(spec)}: changed while it was measured: {why}")
                _merge(merged, found.each)

    def _limits(self, spec: JobSpec, seen: Seen, merged: list[Statistics]) -> FieldLimits:
        if seen.fixed is not None:
            return seen.fixed
        finder = LimitsFinder(spec.options, seen.frame_shape, seen.dtype)
        return finder.limits_of(merged)


def _left(merged: Sequence[Statistics]) -> list[Statistics]:
    """End a pass; give the statistics that need another one."""
    return [own for own in merged if not own.settled and own.refine()]


def demand_measurable(specs: Sequence[JobSpec]) -> None:
    """Refuse what has no limits to share."""
    for spec in specs:
        options = spec.options
        demand_limits(options)
        if options.limits is not None:
            raise OptionError(
                f"limits: got {brief(options.limits)}; allowed is none with shared limits, which "
                "are measured"
            )
        if options.scope != "sequence":
            raise OptionError(
                f"scope: got {options.scope!r}; allowed is 'sequence' with shared limits, which "
                "are those of all sequences"
            )
        check_together(with_limits(spec, (0.0, 1.0)).options)


def with_limits(spec: JobSpec, limits: Any) -> JobSpec:
    """A job that shows its values between limits that were measured."""
    if spec.options.channel == "rgb" and not isinstance(limits[0], tuple):
        limits = (limits,) * 3
    options = replace(spec.options, limits=limits, vmin=None, vmax=None, percentiles=None)
    return replace(spec, options=options)


def _merge(merged: Sequence[Statistics], found: Sequence[Statistics]) -> None:
    for own, other in zip(merged, found, strict=True):
        if not own.settled:
            own.merge(other)


def _demand_alike(first: tuple[JobSpec, Seen], spec: JobSpec, found: Seen) -> None:
    """Refuse sources that have no scale, or no counts, in common."""
    begin, seen = first
    counted = begin.options.percentiles is not None
    alike = seen.fixed == found.fixed and len(seen.each) == len(found.each)
    if not alike or (counted and seen.dtype != found.dtype):
        raise OptionError(
            f"shared limits: {_name(begin)} is {seen.dtype}, {_name(spec)} {found.dtype}; allowed "
            "are sources of one kind; give --vmin and --vmax"
        )


def _name(spec: JobSpec) -> str:
    return called(spec.source) if isinstance(spec.source, str) else brief(spec.source)
