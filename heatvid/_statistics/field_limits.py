"""The limits of a field: which of its values are measured, and how, for every kind of field."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._color.flow_wheel import known_flow
from heatvid._cores import available_cores
from heatvid._errors import OptionError
from heatvid._frames import AnyArray, Resident, page_aligned
from heatvid._options.options import Options
from heatvid._plan.make import norm_of
from heatvid._statistics.counts import Statistics, limits_of_frames
from heatvid._statistics.passes import View, ViewStatistics, channel_view, collect, collect_once
from heatvid._values.channels import reduce_channels, reduced_dtype
from heatvid._values.index import resampled_dtype
from heatvid._values.limits import FieldLimits, Limits, MovingLimits, ValueRange, dtype_limits
from heatvid._values.sampling import gaussian_kernel, smoothed
from heatvid.sources import Source

Advance = Callable[[int], None] | None
OwnLimits = tuple[Limits | None, ...]  # of a frame, one for each part; None where nothing is finite


class LimitsFinder:
    """Finds the limits of one field, or of each channel of an RGB field.

    Parameters
    ----------
    options : Options
    frame_shape : tuple of int
        ``(H, W)`` or ``(H, W, C)``.
    dtype : numpy.dtype
        Of the field.

    Attributes
    ----------
    threads : int
        That count: those of the options, or as many as there are cores.
    complete : bool
        Whether all values have been seen, and none is NaN.
    infinite : bool
        Whether all have been seen, and none is finite but some are infinite.
    """

    def __init__(
        self, options: Options, frame_shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        self._norm = norm_of(options)
        self._kind = mode = options.channel if len(frame_shape) == 3 else None
        view: View | None = None
        if mode == "flow":
            view, dtype = _length, reduced_dtype(dtype, 2, "norm")
        elif mode is not None and mode not in ("rgb", "grid"):
            view, dtype = _reduced(str(mode)), reduced_dtype(dtype, frame_shape[-1], str(mode))
        own = dtype
        if options.smooth:
            smooth = _smooth(view, gaussian_kernel(options.smooth))
            apart = frame_shape[2] if mode in ("rgb", "grid") else 0
            view, dtype = _channels(smooth, apart) if apart else smooth, resampled_dtype(dtype)
        if self._norm.positive:  # 0 is no limit of a logarithm
            view, own = _positive(view), resampled_dtype(dtype)
            dtype = own
        self._view, self._dtype = view, dtype  # of whole frames
        self._apart = 3 if mode == "rgb" else 0  # channels that have limits of their own
        if mode == "grid" and options.own_limits:
            self._apart = frame_shape[2]
        self._parts = [channel_view(i) for i in range(self._apart)] or [_whole]
        self._given = self._given_limits(options.limits)
        self.threads = options.threads or min(available_cores(), 8)
        self._range = self._value_range(options, own)
        self.complete = self.infinite = False

    def _value_range(self, options: Options, dtype: np.dtype[Any]) -> ValueRange:
        """What the caller, the norm and the dtype fix, and how the rest is found."""
        vmin, vmax = self._norm.own_limits(options.vmin, options.vmax)
        if self._kind == "flow":
            vmin = 0.0
        own = dtype_limits(dtype)
        if own is not None and options.percentiles is None and options.scope == "sequence":
            vmin = own.vmin if vmin is None else vmin
            vmax = own.vmax if vmax is None else vmax
        scope: Any = options.scope
        return ValueRange(vmin, vmax, options.percentiles or (0.0, 100.0), scope)

    def _given_limits(self, limits: Any) -> list[Limits]:
        """The limits of the options, of each channel or of all."""
        if limits is None:
            return []
        pairs = limits if isinstance(limits[0], tuple) else (limits,)
        return [Limits(*self._norm.own_limits(*pair)) for pair in pairs]

    @property
    def fixed(self) -> FieldLimits | None:
        """The limits, where no data are needed to know them."""
        if self._given:
            return self._each([self._settled(one) for one in self._given])
        return None if self._range.fixed is None else self._all([self._range.fixed])

    @property
    def moves(self) -> bool:
        """Whether each frame brings its own."""
        return self.fixed is None and self._range.scope != "sequence"

    @property
    def sought(self) -> bool:
        """Whether they are those of all frames, which have to be measured."""
        return self.fixed is None and not self.moves

    @property
    def follows(self) -> bool:
        """Whether those of each frame follow from the frames before it."""
        return self.moves and self._range.scope == "running"

    def demand_without_pass(self, name: str) -> None:
        """Refuse frames that come one at a time, where limits take a pass over all of them."""
        if self.sought:
            raise OptionError(
                f"{name}: frames that come one at a time have no range of the whole sequence; "
                "give vmin and vmax, or scope='frame' or scope='running'"
            )

    def measure(self, source: Source, advance: Advance = None) -> FieldLimits:
        """Measure a whole source; all channels in the same streaming passes."""
        return measured_together([(self, source)], advance)

    @property
    def kind(self) -> tuple[Any, ...]:
        """What fields have in common whose limits can be the same."""
        return self._kind, self._norm, self._range

    @property
    def supposed(self) -> FieldLimits:
        """Limits as they might be, where nothing has been measured: such as every norm takes."""
        return self._all([Limits(1.0, 10.0)] * len(self._parts))

    def unseen(self, dtype: np.dtype[Any] | None = None) -> list[Statistics]:
        """Give the statistics that limits are made of, which have seen nothing yet."""
        percentiles = () if self._extremes else self._range.percentiles
        return [Statistics(dtype or self._dtype, percentiles) for _ in self._parts]

    def count(self, source: Source, each: Sequence[Statistics], advance: Advance = None) -> None:
        """Let statistics see a whole source in one pass, to be merged with those of others."""
        collect_once(self.seen(source), self.views(each), advance, self.threads)

    def seen(self, source: Source) -> Source:
        """A source as the norm sees it."""
        return source if self._view is None else SeenSource(source, self._view, self._dtype)

    def views(self, each: Sequence[Statistics]) -> ViewStatistics:
        """What lets statistics see their parts of it."""
        return ViewStatistics(self._parts, each)

    def limits_of(self, each: Sequence[Statistics]) -> FieldLimits:
        """Limits by statistics that have seen all, in all passes."""
        self.complete = not any(own.nan_count for own in each)
        nothing = not any(own.finite_count for own in each)
        self.infinite = nothing and any(own.count > own.nan_count for own in each)
        return self._all([self._limits(own) for own in each])

    @property
    def _extremes(self) -> bool:
        return self._range.percentiles == (0.0, 100.0)

    def _limits(self, found: Statistics) -> Limits:
        if found.minimum is None or found.maximum is None:
            return self._range.limits(None, None)
        if self._extremes:
            return self._range.limits(float(found.minimum), float(found.maximum))
        low, high = (found.percentile(q) for q in self._range.percentiles)
        return self._range.limits(low, high)

    def moving(self, fps: float) -> Callable[[AnyArray], tuple[FieldLimits, ...]]:
        """Give a function of consecutive batches, shape (n, H, W[, C]): each frame's limits."""
        follow = self.following(fps)
        return lambda data: follow(self.of_frames(data))

    def of_frames(self, data: AnyArray) -> list[OwnLimits]:
        """What each of some frames spans by itself, one for each part."""
        seen = data if self._view is None else self._view(data)
        percentiles = self._range.percentiles
        each = [limits_of_frames(part(seen), percentiles) for part in self._parts]
        return list(zip(*each, strict=True))

    def following(self, fps: float) -> Callable[[Iterable[OwnLimits]], tuple[FieldLimits, ...]]:
        """Give a function of what consecutive frames span by themselves: the limits of each."""
        trackers = [MovingLimits(self._range, fps) for _ in self._parts]

        def follow(spans: Iterable[OwnLimits]) -> tuple[FieldLimits, ...]:
            return tuple(
                self._all([move(own) for move, own in zip(trackers, each, strict=True)])
                for each in spans
            )

        return follow

    def _settled(self, limits: Limits) -> Limits:
        """Limits as the norm wants them; those that it has adjusted before stay as they are."""
        adjusted = self._norm.adjust(limits)
        rounding = 1e-12 * limits.vmax - 1e-12 * limits.vmin  # their distance may be infinite
        moved = max(abs(a - b) for a, b in zip(limits, adjusted, strict=True))
        return limits if moved <= rounding else adjusted

    def _all(self, limits: Sequence[Limits]) -> FieldLimits:
        return self._each([self._norm.adjust(one) for one in limits])

    def _each(self, limits: Sequence[Limits]) -> FieldLimits:
        """One pair of limits, or one for each channel that has its own."""
        if self._apart:
            return tuple(limits) if len(limits) == self._apart else tuple(limits) * self._apart
        return limits[0]


Field = tuple[LimitsFinder, Source]


def measured_together(fields: Sequence[Field], advance: Advance = None) -> FieldLimits:
    """Limits of the values of all fields, which are of one kind, as if they were one."""
    each, finder = unseen_together(fields), fields[0][0]
    collect(_alike(fields), finder.views(each), advance, finder.threads)
    limits = [finder.limits_of(each) for finder, _ in fields]  # which then know that all was seen
    return limits[0]


def unseen_together(fields: Sequence[Field]) -> list[Statistics]:
    """Give the statistics that such limits are made of, which have seen nothing yet."""
    return fields[0][0].unseen(_alike(fields)[0].dtype)


def count_together(fields: Sequence[Field], each: Sequence[Statistics]) -> None:
    """Let statistics see all fields in one pass, to be merged with those of others."""
    finder = fields[0][0]
    for source in _alike(fields):
        collect_once(source, finder.views(each), None, finder.threads)


def _alike(fields: Sequence[Field]) -> list[Source]:
    """Fields as their norm sees them, in one dtype."""
    sources = [finder.seen(source) for finder, source in fields]
    dtype = np.result_type(*(source.dtype for source in sources))
    return [
        source if source.dtype == dtype else SeenSource(
            source, lambda frames: frames.astype(dtype), dtype, source.frame_shape
        )
        for source in sources
    ]  # fmt: skip


def _whole(frames: AnyArray) -> AnyArray:
    return frames


def _channels(view: View, count: int) -> View:
    """View each of so many channels, and put them side by side again."""
    return lambda frames: np.stack([view(frames[..., i]) for i in range(count)], -1)


def _reduced(mode: str) -> View:
    return lambda frames: reduce_channels(np.asarray(frames), mode)


def _length(flow: AnyArray) -> AnyArray:
    return reduce_channels(known_flow(np.asarray(flow)), "norm")


def _smooth(view: View | None, kernel: NDArray[np.float32]) -> View:
    def smooth(frames: AnyArray) -> AnyArray:
        seen = np.asarray(frames if view is None else view(frames))
        given = seen.astype(resampled_dtype(seen.dtype))
        out = np.empty_like(given)
        with np.errstate(invalid="ignore", over="ignore"):
            for frame, own in zip(given, out, strict=True):
                smoothed(frame, kernel, own)
        return out

    return smooth


def _positive(view: View | None) -> View:
    def positive(frames: AnyArray) -> AnyArray:
        seen = frames if view is None else view(frames)
        if isinstance(seen, Resident) and seen.dtype == resampled_dtype(seen.dtype):
            return seen.only_positive()  # type: ignore[attr-defined,no-any-return]  # the same
        seen = np.asarray(seen)
        seen = seen.astype(resampled_dtype(seen.dtype))
        seen[~(seen > 0)] = np.nan
        return seen

    return positive


class SeenSource(Source):
    """A source as the norm sees it: reduced, or a channel of it; of ``shape`` where given."""

    lends = True  # views of the inner source's memory, or of one buffer

    def __init__(
        self,
        inner: Source,
        view: View,
        dtype: np.dtype[Any],
        shape: tuple[int, ...] | None = None,
    ) -> None:
        self._inner, self._view = inner, view
        self.name, self.length, self.rewindable = inner.name, inner.length, inner.rewindable
        self.frame_shape, self.dtype = shape or inner.frame_shape[:2], dtype
        self.chunk = inner.chunk
        self._buffer: AnyArray | None = None

    @property
    def frame_bytes(self) -> int:
        """Memory that a frame takes before it is reduced, and as the view may work on all of it."""
        return self._inner.frame_bytes + math.prod(self._inner.frame_shape) * self.dtype.itemsize

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        lent = self._inner.in_memory or self._inner.lends
        if not lent and (self._buffer is None or len(self._buffer) < count):
            shape = (count, *self._inner.buffer_shape)
            self._buffer = page_aligned(shape, self._inner.dtype)
        frames = self._view(self._inner.read(start, count, self._buffer))
        if out is None:
            return frames
        out[: len(frames)] = frames
        return out[: len(frames)]
