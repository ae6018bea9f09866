"""Where the samples of a canvas lie on a field: fit, padding, and weights, once for each axis.

An axis along which the field shrinks is averaged over each sample's area, that nothing small is
lost: ``a + Σ (b - a) w`` over the field's samples in it, whose weights are the shares of the area
that they cover. Of samples that are NaN the others take the weight, ``a`` being the first of
them; where less than half of the weight is known the average is NaN. Both hold for one axis after
the other. Labels have no average: the most frequent of those whose centre lies in the area is
taken, the smallest of equally many.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import lcm
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray

Resample = Literal["nearest", "bilinear", "bicubic", "labels"]
Fit = Literal["stretch", "letterbox", "crop"]
Used = slice | NDArray[np.intp]  # which samples of an axis

TILE_PIXELS = 32 * 1024  # that are smoothed at once; four such arrays stay in the cache
LEAST_KNOWN = 0.5  # of an area's weight, for its average to be known
CUBIC = -0.5  # Keys' parameter: the third-order kernel, also called Catmull-Rom


@dataclass(frozen=True, eq=False)
class AxisSamples:
    """Where the samples of one canvas axis lie on the field's axis.

    Attributes
    ----------
    first, second : ndarray, shape (n,), intp
        The two field samples around each canvas sample; the same where ``weight`` is 0.
    weight : ndarray, shape (n,), float32 in 0..1, or None
        Of the second; None for nearest.
    covered : slice
        The canvas samples that the field covers.
    taps, tap_weights : ndarray, shape (taps, n), intp and float32, or None
        The other field samples of an average, or the three of bicubic interpolation, in order,
        and their weights, of the differences to ``first``: constants stay what they are.
    own_weight : ndarray, shape (n,), float32, or None
        Weight of ``first`` in the average over an area.
    last : ndarray, shape (n,), intp, or None
        Where labels shrink, those from ``first`` to this one are counted.
    """

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    weight: NDArray[np.float32] | None
    covered: slice
    taps: NDArray[np.intp] | None = None
    tap_weights: NDArray[np.float32] | None = None
    own_weight: NDArray[np.float32] | None = None
    last: NDArray[np.intp] | None = None

    @cached_property
    def interpolates(self) -> bool:
        """Whether new values arise between the field's own."""
        return self.weight is not None or self.taps is not None

    @cached_property
    def identity(self) -> bool:
        """Whether every canvas sample is the field's own, one to one."""
        own = np.arange(len(self.first))
        takes_one = not self.interpolates and self.last is None
        return takes_one and self.whole and bool((self.first == own).all())

    @cached_property
    def whole(self) -> bool:
        """Whether the field covers the whole axis."""
        return len(range(*self.covered.indices(len(self.first)))) == len(self.first)

    @cached_property
    def neighbours(self) -> list[tuple[NDArray[np.intp], NDArray[np.float32]]]:
        """The field samples beside ``first``, and their weights: none, one, or several of each."""
        if self.taps is not None and self.tap_weights is not None:
            return list(zip(self.taps, self.tap_weights, strict=True))
        return [] if self.weight is None else [(self.second, self.weight)]

    @cached_property
    def steps(self) -> list[slice | None]:
        """Of ``first`` and its neighbours, the slice that takes them, where they lie evenly."""
        return [evenly(places) for places in (self.first, *(own for own, _ in self.neighbours))]

    @cached_property
    def runs(self) -> list[tuple[int, int]]:
        """Where runs of canvas samples between the same field samples start and stop."""
        places = np.array([self.first, *(places for places, _ in self.neighbours)])
        starts = np.flatnonzero((np.diff(places) != 0).any(0)) + 1
        return list(pairwise([0, *starts.tolist(), len(self.first)]))

    def part(self, start: int, stop: int) -> tuple[Used, AxisSamples]:
        """Canvas samples ``start`` to ``stop`` alone, as every band has them.

        Returns
        -------
        used : slice or ndarray of intp
            The field samples that they need.
        samples : AxisSamples
            Where they lie on these.
        """
        if (start, stop) not in self._parts:
            self._parts[start, stop] = self._part(slice(start, stop))
        return self._parts[start, stop]

    @cached_property
    def _parts(self) -> dict[tuple[int, int], tuple[Used, AxisSamples]]:
        return {}

    def _part(self, part: slice) -> tuple[Used, AxisSamples]:
        last = self.first if self.last is None else self.last
        places = np.array(
            [self.first, self.second, last, *(() if self.taps is None else self.taps)]
        )
        places = places[:, part]
        low, high = int(places.min()), int(places.max()) + 1
        used: Used = slice(low, high)
        own = places - low
        if high - low > places.size and self.last is None:  # most lie between those needed
            used = np.unique(places)
            own = np.searchsorted(used, places)
        return used, AxisSamples(
            own[0],
            own[1],
            None if self.weight is None else self.weight[part],
            slice(None),
            None if self.taps is None else own[3:],
            None if self.tap_weights is None else np.ascontiguousarray(self.tap_weights[:, part]),
            None if self.own_weight is None else self.own_weight[part],
            None if self.last is None else own[2],
        )


def evenly(places: NDArray[np.intp]) -> slice | None:
    """The slice that takes rising places, where they are evenly apart."""
    step = int(places[1] - places[0]) if len(places) > 1 else 1
    if step < 1 or (np.diff(places) != step).any():
        return None
    return slice(int(places[0]), int(places[-1]) + 1, step)


def axis_samples(
    field_size: int,
    content_size: int,
    size: int,
    mode: Resample,
    window: tuple[Fraction, Fraction] | None = None,
    covered: tuple[int, int] | None = None,
) -> AxisSamples:
    """Sample positions with half-pixel centres, clamped at the edges.

    Canvas sample ``i`` of ``covered`` lies at ``offset + (i - start + 0.5) * extent / count - 0.5``
    of the field; those of the padding, from ``content_size`` up to ``size``, repeat the last.
    Where the field shrinks, all modes but nearest take the area around it, ``extent / count`` wide.

    Parameters
    ----------
    field_size, content_size, size : int
        Samples of the field, of the canvas, and of the canvas with its padding.
    mode : {"nearest", "bilinear", "bicubic", "labels"}
        The last is nearest, or a count where labels shrink.
    window : (Fraction, Fraction), optional
        ``(offset, extent)``: the part of the field that is shown; by default all.
    covered : (int, int), optional
        ``(start, stop)``: the canvas samples that it is shown on; by default all.
    """
    offset, extent = window or (Fraction(0), Fraction(field_size))
    start, stop = covered or (0, content_size)
    inside = slice(start, size if stop == content_size else stop)
    # In whole parts of a sample: rounding would put places on an edge to either side.
    half_step = extent / (2 * (stop - start))
    parts = lcm(2, offset.denominator, half_step.denominator)
    half_steps = 2 * (np.minimum(np.arange(size), content_size - 1) - start) + 1
    places = int(offset * parts) + half_steps * int(half_step * parts)
    if mode != "nearest" and extent > stop - start:
        around = int(half_step * parts)
        low, high = (np.clip(places + side, 0, field_size * parts) for side in (-around, around))
        make = _counted if mode == "labels" else _averaged
        return make(low, high, parts, field_size, inside)
    if mode in ("nearest", "labels") or (extent == field_size and field_size == stop - start):
        first = np.clip(places // parts, 0, field_size - 1)
        return AxisSamples(first, first, None, inside)
    centres = np.clip(places - parts // 2, 0, (field_size - 1) * parts)
    first, rest = np.divmod(centres, parts)
    fraction = rest / parts
    weight = fraction.astype(np.float32)
    # A weight of 0 must not let a NaN or Inf beyond through.
    second = np.where(weight > 0, np.minimum(first + 1, field_size - 1), first)
    if mode == "bilinear":
        return AxisSamples(first, second, weight, inside)
    taps, tap_weights = _cubic_taps(first, fraction, field_size)
    return AxisSamples(first, second, None, inside, taps, tap_weights)


def _averaged(
    low: NDArray[np.int64], high: NDArray[np.int64], parts: int, size: int, covered: slice
) -> AxisSamples:
    """Average from ``low`` to ``high`` in parts of a sample; nothing left is an edge."""
    first = np.minimum(low // parts, size - 1)
    count = int((-(-high // parts) - first).max(initial=1))
    cells = first + np.arange(count)[:, None]
    shares = np.minimum(high, (cells + 1) * parts) - np.maximum(low, cells * parts)
    shares = np.maximum(shares, 0)
    shares[0, low == high] = 1
    weights = (shares / shares.sum(0)).astype(np.float32)
    # A weight of 0 must not let a NaN beyond through.
    taps = np.where(weights == 0, first, cells)
    return AxisSamples(first, first, None, covered, taps[1:], weights[1:], weights[0])


def _counted(
    low: NDArray[np.int64], high: NDArray[np.int64], parts: int, size: int, covered: slice
) -> AxisSamples:
    """Count samples whose centre lies from ``low`` to before ``high``, in parts of a sample."""
    first, end = (-((parts // 2 - edge) // parts) for edge in (low, high))
    first = np.minimum(first, size - 1)
    return AxisSamples(first, first, None, covered, last=np.clip(end - 1, first, size - 1))


def _cubic_taps(
    first: NDArray[np.intp], fraction: NDArray[np.float64], size: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Other neighbours, clamped, and their weights: R. Keys, IEEE Trans. ASSP 29, 1981."""
    offsets = np.array([-1, 1, 2])[:, None]
    taps = np.clip(first + offsets, 0, size - 1)
    distance = np.abs(fraction - offsets)
    near = (CUBIC + 2) * distance**3 - (CUBIC + 3) * distance**2 + 1
    far = CUBIC * (distance**3 - 5 * distance**2 + 8 * distance - 4)
    weights = np.where(distance <= 1, near, np.where(distance < 2, far, 0))
    # A weight of 0 must not let a NaN beyond through.
    return np.where(weights == 0, first, taps), weights.astype(np.float32)


@dataclass(frozen=True)
class Placement:
    """Which part of a field is shown where on an axis; see :func:`axis_samples`."""

    window: tuple[Fraction, Fraction]
    covered: tuple[int, int]

    @property
    def shrinks(self) -> bool:
        """Whether there are fewer canvas samples than the field's."""
        return self.window[1] > self.covered[1] - self.covered[0]

    def moved(self, by: int) -> Placement:
        """The same, as many canvas samples further on."""
        return Placement(self.window, (self.covered[0] + by, self.covered[1] + by))


def place(
    field_size: tuple[int, int],
    content_size: tuple[int, int],
    fit: Fit,
    corner: tuple[int, int] = (0, 0),
) -> tuple[Placement, Placement]:
    """Fit a field to a canvas, both (height, width): the rows' and the columns' placement.

    ``stretch`` fills the canvas whatever the aspect, ``letterbox`` shows all of the field in its
    own aspect, centred, and ``crop`` fills the canvas with the centre of the field. Or a rectangle
    of the canvas, of ``content_size``, whose top left sample is at ``corner``.
    """
    rows, columns = _fitted(field_size, content_size, fit)
    return rows.moved(corner[0]), columns.moved(corner[1])


def _fitted(
    field_size: tuple[int, int], content_size: tuple[int, int], fit: Fit
) -> tuple[Placement, Placement]:
    scales = [
        Fraction(content, field) for field, content in zip(field_size, content_size, strict=True)
    ]
    if fit == "stretch":
        return _placed(field_size[0], content_size[0]), _placed(field_size[1], content_size[1])
    scale = min(scales) if fit == "letterbox" else max(scales)
    placed = []
    for field, content in zip(field_size, content_size, strict=True):
        if fit == "crop":
            extent = content / scale
            placed.append(Placement(((field - extent) / 2, extent), (0, content)))
        else:
            count = min(max(round(field * scale), 1), content)
            start = (content - count) // 2
            placed.append(Placement((Fraction(0), Fraction(field)), (start, start + count)))
    return placed[0], placed[1]


def _placed(field: int, content: int) -> Placement:
    return Placement((Fraction(0), Fraction(field)), (0, content))


def gaussian_kernel(sigma: float) -> NDArray[np.float32]:
    """Weights of a Gaussian out to three standard deviations, shape (2 r + 1,), sum 1."""
    radius = max(1, round(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel: NDArray[np.float32] = (weights / weights.sum()).astype(np.float32)
    return kernel


def smoothed(frame: AnyArray, weights: NDArray[np.float32], out: AnyArray) -> AnyArray:
    """Smooth a frame along its rows and then along its columns, edges repeated.

    Each time ``a + sum((b - a) * w)`` of the neighbours ``b``, in the order of the terms.

    Parameters
    ----------
    frame : ndarray, shape (H, W), float
        It is left smoothed along its rows.
    weights : ndarray, shape (2 r + 1,), float32
    out : ndarray, of the frame's shape and dtype
        What is returned.
    """
    _smooth(frame, weights, 1, frame)
    _smooth(frame, weights, 0, out)
    return out


def _smooth(frame: AnyArray, weights: NDArray[np.float32], axis: int, out: AnyArray) -> None:
    """Convolve along an axis, tile by tile; along rows (axis 1) ``out`` may be the frame."""
    radius = len(weights) // 2
    rows = max(1, TILE_PIXELS // frame.shape[1])
    terms = np.empty((rows, frame.shape[1]), frame.dtype)
    for top in range(0, len(frame), rows):
        tile = frame[top : top + rows]
        total, term = out[top : top + rows], terms[: len(tile)]
        source, start, count = (frame, top, len(tile)) if axis == 0 else (tile, 0, tile.shape[1])
        around = np.arange(start - radius, start + count + radius)
        padded = np.take(source, around, axis, mode="clip")
        parts = range(len(weights))
        views = [padded[i : i + count] if axis == 0 else padded[:, i : i + count] for i in parts]
        np.copyto(total, views[radius])
        for i, weight in enumerate(weights):
            if i != radius:
                np.subtract(views[i], views[radius], out=term)
                term *= weight
                total += term
