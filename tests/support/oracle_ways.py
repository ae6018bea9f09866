"""What every way of looking at a prediction has to show, computed slowly from the documents.

Positions and weights are exact fractions, values plain NumPy in the documented precision, pixels
int64; nothing of heatvid is used. Scales that bend (log and its like) are computed in float64, so
rows of the table may differ by one where a value lies on the edge of two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.support.oracle import (
    BLACK,
    Color,
    Picture,
    blended,
    canvas_color,
    canvas_rows,
    is_wide,
    table_rows,
)
from tests.support.oracle_shrinking import averaged, most_frequent, shrinks

HALF, ONE = 32_768, 65_536


@dataclass(frozen=True)
class Way:
    """What is asked for, with colours resolved already."""

    colors: Sequence[Color]  # N, then under, over and bad
    norm: str = "linear"
    center: float = 0.0
    gamma: float = 1.0
    linthresh: float | None = None
    channel: str | None = None
    alpha: float = 1.0
    ramp: tuple[float, float] | None = None
    outlines: int = 0
    outline: Color = (255, 255, 255, 1.0)
    blend: str = "over"
    fit: str = "stretch"
    place: tuple[int, int, int, int] | None = None  # left, top, width, height
    resample: str = "bilinear"
    smooth: float = 0.0
    under: Color = BLACK  # what lies behind where no frames do
    chosen: dict[int, Color] = field(default_factory=dict)  # of single labels

    @property
    def entries(self) -> int:
        return len(self.colors) - 3


# --- channels -----------------------------------------------------------------------------------


def reduced(frame: NDArray[Any], mode: str) -> NDArray[Any]:
    """One value a pixel, pixel by pixel, channel by channel."""
    height, width, channels = frame.shape
    working = np.float64 if is_wide(frame.dtype) else np.float32
    small = np.uint8 if channels <= 256 else np.uint16
    dtype = {"argmax": small, "max": frame.dtype}.get(mode, working)
    out = np.empty((height, width), dtype)
    for y in range(height):
        for x in range(width):
            out[y, x] = _reduced_pixel(frame[y, x], mode, working)
    return out


def _reduced_pixel(values: NDArray[Any], mode: str, working: type[Any]) -> Any:
    if mode in ("argmax", "max"):
        best = 0
        for i, value in enumerate(values):
            if value != value:
                best = i
                break
            if value > values[best]:
                best = i
        return best if mode == "argmax" else values[best]
    total = working(0)
    for value in values.astype(working):
        total = total + (value if mode == "mean" else value * value)
    return total / working(len(values)) if mode == "mean" else np.sqrt(total)


# --- places -------------------------------------------------------------------------------------


class Axis(NamedTuple):
    """The part of a field that is shown, and the canvas samples that it is shown on."""

    field: int
    offset: Fraction
    extent: Fraction
    start: int
    stop: int

    @property
    def places(self) -> list[Fraction]:
        count = self.stop - self.start
        step = self.extent / count
        return [self.offset + (i + Fraction(1, 2)) * step for i in range(count)]

    def beyond(self, count: int) -> Axis:
        """The same over the whole canvas, places beyond the field included."""
        step = self.extent / (self.stop - self.start)
        return Axis(self.field, self.offset - self.start * step, count * step, 0, count)

    @property
    def own(self) -> bool:
        """Whether each sample is one of the field's."""
        return self.offset == 0 and self.extent == self.field == self.stop - self.start


def axes_of(size: tuple[int, int], content: tuple[int, int], way: Way) -> list[Axis]:
    if way.place is None:
        return fitted(size, content, way.fit)
    left, top, width, height = way.place
    within = fitted(size, (height, width), way.fit)
    return [
        axis._replace(start=axis.start + by, stop=axis.stop + by)
        for axis, by in zip(within, (top, left), strict=True)
    ]


def fitted(size: tuple[int, int], content: tuple[int, int], fit: str) -> list[Axis]:
    scales = [Fraction(c, f) for f, c in zip(size, content, strict=True)]
    made = []
    for f, c in zip(size, content, strict=True):
        if fit == "stretch":
            made.append(Axis(f, Fraction(0), Fraction(f), 0, c))
        elif fit == "letterbox":
            count = max(1, min(c, round(f * min(scales))))
            start = (c - count) // 2
            made.append(Axis(f, Fraction(0), Fraction(f), start, start + count))
        else:
            extent = c / max(scales)
            made.append(Axis(f, (f - extent) / 2, extent, 0, c))
    return made


def keys(distance: Fraction) -> Fraction:
    """The cubic convolution kernel, a = -1/2 (R. Keys, 1981, equation 15)."""
    s = abs(distance)
    if s < 1:
        return Fraction(3, 2) * s**3 - Fraction(5, 2) * s**2 + 1
    if s < 2:
        return -Fraction(1, 2) * s**3 + Fraction(5, 2) * s**2 - 4 * s + 2
    return Fraction(0)


def along(values: NDArray[Any], axis: Axis, mode: str) -> NDArray[Any]:
    """Resample the last axis."""
    if mode != "nearest" and shrinks(axis):
        return averaged(values, axis)
    out = np.empty((*values.shape[:-1], axis.stop - axis.start), values.dtype)
    for i, (first, others) in enumerate(neighbours(axis, mode)):
        own = total = values[..., first]
        for tap, weight in others:
            total = total + (values[..., tap] - own) * values.dtype.type(weight)
        out[..., i] = total
    return out


@lru_cache(10_000)
def neighbours(axis: Axis, mode: str) -> list[tuple[int, list[tuple[int, np.float32]]]]:
    """The sample at or before each place, and those around it with their weights."""
    last, result = axis.field - 1, []
    for place in axis.places:
        if mode == "nearest" or axis.own:
            result.append((min(max(math.floor(place), 0), last), []))
            continue
        centre = min(max(place - Fraction(1, 2), Fraction(0)), Fraction(last))
        first = int(centre)
        if mode == "bilinear":
            weights = [(first + 1, np.float32(float(centre - first)))]
        else:
            taps = (first - 1, first + 1, first + 2)
            weights = [(tap, np.float32(float(keys(centre - tap)))) for tap in taps]
        result.append((first, [(min(max(tap, 0), last), w) for tap, w in weights if w]))
    return result


def smoothed(values: NDArray[Any], sigma: float) -> NDArray[Any]:
    """Gaussian along the last axis out to 3 sigma, edges repeated: ``a + sum (b - a) w``."""
    radius, last = max(1, round(3 * sigma)), values.shape[-1] - 1
    offsets = np.arange(-radius, radius + 1)
    gauss = np.exp(-0.5 * (offsets / sigma) ** 2)
    weights = (gauss / gauss.sum()).astype(np.float32)
    total = values
    for offset, weight in zip(offsets, weights, strict=True):
        if offset:
            there = values[..., np.clip(np.arange(last + 1) + offset, 0, last)]
            total = total + (there - values) * values.dtype.type(weight)
    return total


def on_canvas(channel: NDArray[Any], axes: list[Axis], way: Way) -> NDArray[Any]:
    """Values where the canvas has its pixels, of the part that the field covers."""
    rows, columns = axes
    if way.norm == "labels" and (shrinks(rows) or shrinks(columns)):
        return most_frequent(channel, rows, columns)
    if way.smooth or (way.resample != "nearest" and not (rows.own and columns.own)):
        working = np.float64 if is_wide(channel.dtype) else np.float32
        kind = channel.dtype.kind
        channel = channel.astype(working)
        if kind == "f":
            bound = np.finfo(working).max / 4
            channel = np.clip(channel, -bound, bound)
    if way.smooth:
        channel = smoothed(smoothed(channel, way.smooth).T, way.smooth).T
    return along(along(channel, columns, way.resample).T, rows, way.resample).T


# --- rows of the table --------------------------------------------------------------------------


def bent(values: NDArray[np.float64], way: Way, limits: tuple[float, float]) -> Any:
    """The scale of a norm, unnormalised, in float64."""
    if way.norm == "log":
        return np.log(np.where(values > 0, values, np.nan))
    if way.norm == "inverse":
        return -1 / np.where(values > 0, values, np.nan)
    if way.norm == "symlog":
        threshold = way.linthresh or max(map(abs, limits)) / 100
        size = np.abs(values)
        far = threshold * (10 / 9 + np.log10(np.maximum(size, threshold) / threshold))
        return np.sign(values) * np.where(size <= threshold, size * (10 / 9), far)
    if way.norm == "power":
        return np.maximum(values - limits[0], 0) ** way.gamma
    return values


def exact_places(
    values: NDArray[Any], way: Way, limits: tuple[float, float]
) -> NDArray[np.float64]:
    """Unrounded places in the table, 0..N within the limits."""
    x, ends = values.astype(np.float64), np.array(limits, np.float64)
    if way.norm == "sigmoid":
        x = 1 / (1 + np.exp(-x))
    low, high = bent(ends, way, limits)
    places: NDArray[np.float64] = (bent(x, way, limits) - low) / (high - low) * way.entries
    return places


def rows_of(values: NDArray[Any], way: Way, limits: tuple[float, float]) -> NDArray[np.int64]:
    n = way.entries
    if way.norm in ("linear", "centered"):
        return table_rows(values, limits, n)
    rows = np.empty(values.shape, np.int64)
    if way.norm in ("identity", "labels"):
        for place in np.ndindex(values.shape):
            value = values[place].item()
            rows[place] = _whole(value, n) if way.norm == "identity" else label_row(value, way)
        return rows
    with np.errstate(all="ignore"):
        x = values.astype(np.float64)
        compared = 1 / (1 + np.exp(-x)) if way.norm == "sigmoid" else x
        low, high = limits
        if not is_wide(values.dtype):  # limits are compared as the values are
            low, high = float(np.float32(low)), float(np.float32(high))
        places = exact_places(values, way, limits)
        within = (compared >= low) & (compared <= high)
        rows[within] = np.clip(np.floor(places[within]), 0, n - 1) if low < high else 0
    rows[compared < low] = n
    rows[compared > high] = n + 1
    rows[np.isnan(compared) | ((way.norm in ("log", "inverse")) & (x <= 0))] = n + 2
    return rows


def _whole(value: float, entries: int) -> int:
    if value != value:
        return entries + 2
    if value < 0:
        return entries
    return entries + 1 if value >= entries else int(value)


def label_row(value: float, way: Way) -> int:
    """Row of a label; chosen colours lie behind that of outlines."""
    n = way.entries
    if value in way.chosen:
        return n + 4 + list(way.chosen).index(int(value))
    if not (0 <= value < math.inf and value == int(value)):
        return n + 2
    label = int(value)
    return label if label < n else 1 + (label - 1) % (n - 1) if n > 1 else 0


def outlined(labels: NDArray[Any], width: int) -> NDArray[np.bool_]:
    """Pixels of lines between labels: those beside another to the right or below, and around."""
    height, length = labels.shape
    lines = np.zeros(labels.shape, bool)
    before, after = (width - 1) // 2, width // 2
    for y in range(height):
        for x in range(length):
            own = labels[y, x]
            beside = [labels[y, x + 1]] if x + 1 < length else []
            beside += [labels[y + 1, x]] if y + 1 < height else []
            if any(other != own and (own == own or other == other) for other in beside):
                lines[max(0, y - before) : y + after + 1, max(0, x - before) : x + after + 1] = True
    return lines


def ramp_of(way: Way, limits: tuple[float, float]) -> NDArray[np.float64]:
    """Of the N colours at their middle, and of under, over and bad; linear on the norm's scale."""
    assert way.ramp is not None
    with np.errstate(all="ignore"):
        low, high = exact_places(np.array(way.ramp), way, limits) / way.entries
    middles = [*((np.arange(way.entries) + 0.5) / way.entries), 0.0, 1.0]
    if low >= high:
        ramp = [float(middle >= low) for middle in middles]
    else:
        ramp = [min(max((middle - low) / (high - low), 0.0), 1.0) for middle in middles]
    return np.array([*ramp, 1.0])


# --- colours ------------------------------------------------------------------------------------


def matrix(color_range: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """BT.709 in 20 bits of fraction, and the offsets."""
    luma = [Fraction(n, 10_000) for n in (2126, 7152, 722)]
    cb = [((i == 2) - w) / Fraction("1.8556") for i, w in enumerate(luma)]
    cr = [((i == 0) - w) / Fraction("1.5748") for i, w in enumerate(luma)]
    scales = (1, 1, 1) if color_range == "pc" else (Fraction(219, 255), *[Fraction(224, 255)] * 2)
    rows = [
        [round(c * scale * (1 << 20)) for c in row]
        for row, scale in zip((luma, cb, cr), scales, strict=True)
    ]
    offsets = np.array([0 if color_range == "pc" else 16, 128, 128], np.int64) << 20
    return np.array(rows, np.int64), offsets


def fixed_canvas(rgb: NDArray[Any], picture: Picture) -> NDArray[np.int64]:
    """RGB in the canvas's numbers with 16 bits of fraction, luma rounded, by the matrix."""
    if picture.pixel_format == "rgb24":
        return rgb.astype(np.int64) * ONE
    weights, offsets = matrix(picture.color_range)
    exact = rgb.astype(np.int64) @ weights.T + offsets
    luma = (exact[..., :1] + (1 << 19)) // (1 << 20) * ONE
    return np.concatenate([luma, np.minimum((exact[..., 1:] + 8) // 16, 255 * ONE)], axis=-1)


def wheel() -> NDArray[np.int64]:
    """The 55 colours, as ``makecolorwheel`` of the program colorcode sets them."""
    colors = [(255, 255 * i // 15, 0) for i in range(15)]
    colors += [(255 - 255 * i // 6, 255, 0) for i in range(6)]
    colors += [(0, 255, 255 * i // 4) for i in range(4)]
    colors += [(0, 255 - 255 * i // 11, 255) for i in range(11)]
    colors += [(255 * i // 13, 0, 255) for i in range(13)]
    colors += [(255, 0, 255 - 255 * i // 6) for i in range(6)]
    return np.array(colors, np.int64)


def flow_colors(u: NDArray[Any], v: NDArray[Any], longest: float) -> NDArray[np.float64]:
    """Levels before they are cut, by ``computeColor`` of the program colorcode."""
    scale = longest if longest > 0 else 1.0
    x, y = u.astype(np.float64) / scale, v.astype(np.float64) / scale
    radius = np.hypot(x, y)[..., None]
    place = (np.arctan2(-y, -x) / math.pi + 1) / 2 * 54
    first = place.astype(np.int64)
    hues = wheel() / 255
    color = hues[first] + (place - first)[..., None] * (hues[(first + 1) % 55] - hues[first])
    return 255 * np.where(radius <= 1 + 1e-6, 1 - np.minimum(radius, 1) * (1 - color), 0.75 * color)


_C, _B = np.mgrid[:256, :256]
MIXED = {  # of the front's level and the background's; no product lies half-way, as 255 is odd
    "multiply": (2 * _C * _B + 255) // 510,
    "screen": 255 - (2 * (255 - _C) * (255 - _B) + 255) // 510,
    "lighten": np.maximum(_C, _B),
    "darken": np.minimum(_C, _B),
    "add": np.minimum(_C + _B, 255),
}


# --- pixels -------------------------------------------------------------------------------------


@dataclass
class _Front:
    """Colours and opacity of the content's pixels."""

    rgb: NDArray[np.int64]
    opacity: NDArray[np.int64]
    premultiplied: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


def frame_bytes(
    frame: NDArray[Any],
    picture: Picture,
    way: Way,
    limits: Any,
    behind: NDArray[np.uint8] | None = None,
    mask: NDArray[np.float32] | None = None,
) -> NDArray[np.uint8]:
    """One rendered frame; ``behind`` is one of the canvas, or of RGB for other blends than over."""
    with np.errstate(all="ignore"):
        front = _front(frame, picture, way, limits)
        weights = None if mask is None else _mask_weights(mask, picture, way)
    if way.blend == "over":
        return _over(front, picture, way, behind, weights)
    if weights is not None:
        front.opacity = (front.opacity * weights + HALF) >> 16
    shape = (picture.height, picture.width, 3)
    below = np.broadcast_to(np.array(way.under[:3], np.int64), shape)
    if behind is not None:
        below = behind.reshape(shape).astype(np.int64)
    strength = front.opacity[..., None]
    mixed = MIXED[way.blend][front.rgb, below] * strength + below * (ONE - strength)
    return _converted((mixed + HALF) >> 16, picture)


def shown(
    frame: NDArray[Any],
    picture: Picture,
    way: Way,
    limits: Any,
    mask: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Colours of the canvas's pixels, shape (h, w, 3), and their opacity in 16 bits."""
    with np.errstate(all="ignore"):
        front = _front(frame, picture, way, limits)
        opacity = front.opacity
        if mask is not None:
            opacity = (opacity * _mask_weights(mask, picture, way) + HALF) >> 16
    return _padded(front.rgb, picture), _padded(opacity, picture)


def _front(frame: NDArray[Any], picture: Picture, way: Way, limits: Any) -> _Front:
    """The whole content's front; transparent where a letterboxed field does not reach."""
    kept = way.channel in ("rgb", "flow")
    channels = [frame]
    if kept:
        channels = [frame[..., i] for i in range(2 if way.channel == "flow" else 3)]
    elif frame.ndim == 3:
        channels = [reduced(frame, str(way.channel))]
    if way.channel == "flow" and frame.dtype.kind == "f":
        unknown = ~(np.abs(frame.astype(np.float64)) < 1e9).all(axis=-1)
        channels = [np.where(unknown, frame.dtype.type(np.nan), channel) for channel in channels]
    axes = axes_of(channels[0].shape, (picture.height, picture.width), way)
    values = [on_canvas(channel, axes, way) for channel in channels]
    inside = _colored(values, way, limits) if kept else _tabled(values[0], picture, way, limits)
    size = (picture.height, picture.width)
    front = _Front(np.zeros((*size, 3), np.int64), np.zeros(size, np.int64))
    place = tuple(slice(axis.start, axis.stop) for axis in axes)
    front.rgb[place], front.opacity[place] = inside.rgb, inside.opacity
    front.premultiplied = np.zeros((*size, 3), np.int64)
    if kept:
        strength = front.opacity[..., None]
        front.premultiplied = (fixed_canvas(front.rgb, picture) * strength + HALF) >> 16
    else:
        front.premultiplied[place] = inside.premultiplied
    return front


def _tabled(
    values: NDArray[Any], picture: Picture, way: Way, limits: tuple[float, float]
) -> _Front:
    rows = rows_of(values, way, limits)
    if way.outlines:
        rows[outlined(values, way.outlines)] = way.entries + 3
    ramp = np.ones(way.entries + 3) if way.ramp is None else ramp_of(way, limits)
    colors = [(*c[:3], c[3] * way.alpha * r) for c, r in zip(way.colors, ramp, strict=True)]
    colors.append(way.outline)
    colors += [(*c[:3], c[3] * way.alpha) for c in way.chosen.values()]
    premultiplied, transmission = canvas_rows(
        tuple(colors), picture.pixel_format, picture.color_range, 1.0, None
    )
    rgb = np.array([color[:3] for color in colors], np.int64)
    return _Front(rgb[rows], ONE - transmission[rows], premultiplied[rows])


def _colored(values: list[NDArray[Any]], way: Way, limits: Any) -> _Front:
    bad = np.zeros(values[0].shape, bool)
    for channel in values:
        bad |= np.isnan(channel)
    if way.channel == "flow":
        u, v = (np.where(bad, 0, channel) for channel in values)
        rgb = np.floor(flow_colors(u, v, limits[1]) + 1e-9).astype(np.int64)
    else:
        levels = np.array([*range(256), 0, 255, 0])
        each = Way([BLACK] * 259, norm=way.norm, gamma=way.gamma, linthresh=way.linthresh)
        rgb = np.stack(
            [levels[rows_of(c, each, own)] for c, own in zip(values, limits, strict=True)], -1
        )
    rgb[bad] = way.colors[-1][:3]
    full, weak = round(way.alpha * ONE), round(way.colors[-1][3] * way.alpha * ONE)
    return _Front(rgb, np.where(bad, weak, full).astype(np.int64))


def _mask_weights(mask: NDArray[np.float32], picture: Picture, way: Way) -> NDArray[np.int64]:
    """Opacity in 16 bits of the content's pixels; NaN is 0, what lies outside repeats its edge."""
    size = (picture.height, picture.width)
    rows, columns = (
        axis.beyond(count) for axis, count in zip(axes_of(mask.shape, size, way), size, strict=True)
    )
    known = np.where(np.isnan(mask), np.float32(0), mask)
    weights = along(along(known, columns, "bilinear").T, rows, "bilinear").T
    return np.rint(np.clip(weights, 0, 1).astype(np.float64) * ONE).astype(np.int64)


def _size(picture: Picture) -> tuple[int, int]:
    return picture.height, picture.width


def _padded(array: NDArray[Any], picture: Picture) -> NDArray[Any]:
    """Repeat the last row and column where the canvas has one more."""
    more = [(0, p - s) for p, s in zip(picture.padded, _size(picture), strict=True)]
    return np.pad(array, more + [(0, 0)] * (array.ndim - 2), mode="edge")


def _over(
    front: _Front,
    picture: Picture,
    way: Way,
    behind: NDArray[np.uint8] | None,
    weights: NDArray[np.int64] | None,
) -> NDArray[np.uint8]:
    opacity, premultiplied = front.opacity, front.premultiplied
    if weights is not None:
        opacity = (opacity * weights + HALF) >> 16
        premultiplied = (premultiplied * weights[..., None] + HALF) >> 16
    premultiplied, through = _padded(premultiplied, picture), _padded(ONE - opacity, picture)
    below = np.zeros(picture.frame_bytes, np.int64)
    if behind is not None:
        below = behind.astype(np.int64)
    else:
        under = canvas_color(way.under, picture.pixel_format, picture.color_range)
        kinds, place = np.unique(through, return_inverse=True)
        shown = np.array([[round(c * int(t)) for c in under] for t in kinds], np.int64)
        premultiplied = premultiplied + shown[place.reshape(through.shape)]
        through = np.zeros_like(through)
    return blended(premultiplied, through, below, picture)


def _blocks(plane: NDArray[np.int64]) -> NDArray[np.int64]:
    height, width = plane.shape
    return plane.reshape(height // 2, 2, width // 2, 2).sum(axis=(1, 3))


def _converted(rgb: NDArray[np.int64], picture: Picture) -> NDArray[np.uint8]:
    """A picture as a frame of the canvas: luma and the sum of a block's chroma rounded once."""
    if picture.pixel_format == "rgb24":
        return rgb.astype(np.uint8).reshape(-1)
    weights, offsets = matrix(picture.color_range)
    exact = _padded(rgb, picture) @ weights.T + offsets
    planes = [(exact[..., i] + (1 << 19)) >> 20 for i in range(3)]
    if picture.halves_chroma:
        planes[1:] = [(_blocks(exact[..., i]) + (1 << 21)) >> 22 for i in (1, 2)]
    return picture.join([np.minimum(plane, 255) for plane in planes])
