"""Where the samples of a canvas lie on a field: fit, padding, and weights, once for each axis."""

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

Resample = Literal["nearest", "bilinear", "bicubic"]
Fit = Literal["stretch", "letterbox", "crop"]
Used = slice | NDArray[np.intp]  # which samples of an axis

TILE_PIXELS = 32 * 1024  # that are smoothed at once; four such arrays stay in the cache
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
    taps, tap_weights : ndarray, shape (3, n), intp and float32, or None
        The three other field samples of bicubic interpolation, in order, and their weights, of
        the differences to ``first``: constants stay what they are.
    """

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    weight: NDArray[np.float32] | None
    covered: slice
    taps: NDArray[np.intp] | None = None
    tap_weights: NDArray[np.float32] | None = None

    @cached_property
    def interpolates(self) -> bool:
        """Whether new values arise between the field's own."""
        return self.weight is not None or self.taps is not None

    @cached_property
    def identity(self) -> bool:
        """Whether every canvas sample is the field's own, one to one."""
        own = np.arange(len(self.first))
        return not self.interpolates and self.whole and bool((self.first == own).all())

    @cached_property
    def whole(self) -> bool:
        """Whether the field covers the whole axis."""
        return len(range(*self.covered.indices(len(self.first)))) == len(self.first)

    @cached_property
    def neighbours(self) -> list[tuple[NDArray[np.intp], NDArray[np.float32]]]:
        """The field samples beside ``first``, and their weights: none, one, or three of each."""
        if self.taps is not None and self.tap_weights is not None:
            return list(zip(self.taps, self.tap_weights, strict=True))
        return [] if self.weight is None else [(self.second, self.weight)]

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
        others = [self.second] if self.taps is None else [self.second, *self.taps]
        places = np.array([self.first, *others])[:, part]
        low, high = int(places.min()), int(places.max()) + 1
        used: Used = slice(low, high)
        own = places - low
        if high - low > places.size:  # most lie between those that are needed
            used = np.unique(places)
            own = np.searchsorted(used, places)
        weight = None if self.weight is None else self.weight[part]
        if self.taps is None or self.tap_weights is None:
            return used, AxisSamples(own[0], own[1], weight, slice(None))
        cubic = own[2:], np.ascontiguousarray(self.tap_weights[:, part])
        return used, AxisSamples(own[0], own[1], weight, slice(None), *cubic)


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

    Parameters
    ----------
    field_size, content_size, size : int
        Samples of the field, of the canvas, and of the canvas with its padding.
    mode : {"nearest", "bilinear", "bicubic"}
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
    if mode == "nearest" or (extent == field_size and field_size == stop - start):
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


def place(
    field_size: tuple[int, int], content_size: tuple[int, int], fit: Fit
) -> tuple[Placement, Placement]:
    """Fit a field to a canvas, both (height, width): the rows' and the columns' placement.

    ``stretch`` fills the canvas whatever the aspect, ``letterbox`` shows all of the field in its
    own aspect, centred, and ``crop`` fills the canvas with the centre of the field.
    """
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
