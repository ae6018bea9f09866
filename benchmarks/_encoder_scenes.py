"""What encoders are measured on: eight kinds of pictures that predictions become, as yuv420p.

Everything moves as the real thing does: a map of few pixels that is enlarged, relief seen by a
camera that walks, turbulence that is carried along, cells under a noisy detector, segments, and
fields and segments over a filmed scene.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE

import numpy as np
from numpy.typing import NDArray

from benchmarks import _scene_video
from benchmarks._scenes import Bytes, Floats, to_planes, to_yuv

ALPHA = 0.5
LABELS = 24


def planes(kind: str, frames: int, height: int, width: int) -> Bytes:
    """Ready planes, shape (frames, height * width * 3 // 2) uint8, of one of :data:`KINDS`."""
    return np.stack(list(KINDS[kind](frames, height, width)))


def saliency(frames: int, height: int, width: int) -> Iterator[Bytes]:
    """A map of 48 by 64, enlarged: smooth."""
    small = _octaves(np.random.default_rng(1), 256, 2.4)
    table = _table("inferno")
    for i in range(frames):
        seen = _moved(small, 0.7 * i, 0.4 * i, 48, 64) + 0.25 * _moved(small, -i, 90, 48, 64)
        yield _coloured(_enlarged(seen / 5 + 0.45, height, width), table)


def blobs(frames: int, height: int, width: int) -> Iterator[Bytes]:
    """Gaussian blobs that drift, with a detector's least noise: smooth."""
    from benchmarks._scenes import field

    table = _table("turbo")
    for i in range(frames):
        yield _coloured(field(i, height, width), table)


def depth(frames: int, height: int, width: int) -> Iterator[Bytes]:
    """A relief with steps and fine texture that comes nearer: textured."""
    table = _table("turbo")
    for values in depth_values(frames, height, width):
        yield _coloured(values, table)


def depth_values(frames: int, height: int, width: int) -> Iterator[Floats]:
    """What :func:`depth` shows, in 0..1 and a little beyond."""
    rng = np.random.default_rng(2)
    side = 1 << int(np.ceil(np.log2(2 * width)))
    fine, coarse = _octaves(rng, side, 1.6), _octaves(rng, side, 2.6)
    slope = np.linspace(0, 0.5, height, dtype=np.float32)[:, None]
    for i in range(frames):
        steps = np.round(3 * _moved(coarse, 1.5 * i, 3 * i, height, width)) / 9
        near = _moved(fine, 3 * i, 6 * i, height, width) / 40
        yield 0.3 + slope + 0.5 * steps + near + 0.001 * i


def weather(frames: int, height: int, width: int) -> Iterator[Bytes]:
    """Turbulence carried along in two layers, down to the pixel: textured."""
    rng = np.random.default_rng(3)
    side = 1 << int(np.ceil(np.log2(2 * width)))
    first, second = _octaves(rng, side, 1.83), _octaves(rng, side, 1.83)
    table = _table("viridis")
    for i in range(frames):
        values = _moved(first, 1.3 * i, 2.1 * i, height, width)
        values = values + _moved(second, -0.8 * i, 1.1 * i, height, width)
        yield _coloured(values / 6 + 0.5, table)


def cells(frames: int, height: int, width: int) -> Iterator[Bytes]:
    """Bright cells under photon noise: hardly anything can be foretold."""
    rng = np.random.default_rng(4)
    smooth = _octaves(rng, 1 << int(np.ceil(np.log2(2 * width))), 2.2)
    table = _table("magma")
    for i in range(frames):
        photons = 40 * np.exp(1.2 * _moved(smooth, 0.3 * i, 0.2 * i, height, width))
        yield _coloured(np.sqrt(np.random.default_rng(i).poisson(photons)) / 30, table)


def segments(frames: int, height: int, width: int) -> Iterator[Bytes]:
    """Labels alone: flat areas with hard edges."""
    colours = to_yuv(_label_colours())
    for ids in _segments(frames, height, width):
        yield to_planes(colours[ids])


def overlay(frames: int, height: int, width: int) -> Iterator[Bytes]:
    """The enlarged map over a filmed scene."""
    over = saliency(frames, height, width)
    for heat, below in zip(over, _film(frames, height, width), strict=True):
        yield np.rint(ALPHA * heat + (1 - ALPHA) * below).astype(np.uint8)


def labels_over(frames: int, height: int, width: int) -> Iterator[Bytes]:
    """Segments over a filmed scene, the ground left free."""
    colours = to_yuv(_label_colours())
    pairs = zip(_segments(frames, height, width), _film(frames, height, width), strict=True)
    for ids, below in pairs:
        seen = (ids > LABELS // 3).astype(np.float32)
        share = to_planes(np.repeat(seen[..., None], 3, -1) * 200) * np.float32(ALPHA / 200)
        mixed = share * to_planes(colours[ids]) + (1 - share) * below
        yield np.rint(mixed).astype(np.uint8)


KINDS: dict[str, Callable[[int, int, int], Iterator[Bytes]]] = {
    "saliency": saliency,
    "blobs": blobs,
    "depth": depth,
    "weather": weather,
    "cells": cells,
    "segments": segments,
    "overlay": overlay,
    "labels over": labels_over,
}
CONTENT = {
    "saliency": "smooth", "blobs": "smooth", "depth": "textured", "weather": "textured",
    "cells": "textured", "segments": "labels", "overlay": "pictures", "labels over": "pictures",
}  # fmt: skip


def _octaves(rng: np.random.Generator, side: int, slope: float) -> Floats:
    """Noise whose amplitude falls as the wave number to the ``slope``; periodic, of variance 1."""
    waves = np.fft.rfft2(rng.standard_normal((side, side), dtype=np.float32))
    numbers = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)) * side
    waves *= np.maximum(numbers, 2) ** -slope
    waves[0, 0] = 0
    noise = np.fft.irfft2(waves, (side, side))
    return np.asarray(noise / noise.std(), np.float32)


def _moved(noise: Floats, down: float, right: float, height: int, width: int) -> Floats:
    """A part of periodic noise, moved by parts of pixels, bilinear."""
    rows, columns = np.arange(height + 1) + int(np.floor(down)), np.arange(width + 1)
    columns = columns + int(np.floor(right))
    side = len(noise)
    part = noise[np.ix_(rows % side, columns % side)]
    y, x = np.float32(down % 1), np.float32(right % 1)
    part = part[:-1] * (1 - y) + part[1:] * y
    return part[:, :-1] * (1 - x) + part[:, 1:] * x


def _enlarged(small: Floats, height: int, width: int) -> Floats:
    """Bilinear, half-pixel centres."""
    for axis, size in enumerate((height, width)):
        places = np.clip((np.arange(size) + 0.5) * small.shape[axis] / size - 0.5, 0, None)
        first = np.minimum(places.astype(int), small.shape[axis] - 2)
        share = np.clip(places - first, 0, 1).astype(np.float32)
        share = share[:, None] if axis == 0 else share[None, :]
        low, high = np.take(small, first, axis), np.take(small, first + 1, axis)
        small = low + (high - low) * share
    return small


def _coloured(values: NDArray[np.floating], table: Floats) -> Bytes:
    places = (values * 256).astype(np.intp)
    return to_planes(np.take(table, places, axis=0, mode="clip"))


def _table(name: str) -> Floats:
    import cmap

    lut = np.asarray(cmap.Colormap(name).lut(256), np.float64)[:, :3]
    return to_yuv(np.rint(lut * 255).astype(np.uint8))


def _label_colours() -> Bytes:
    return np.random.default_rng(5).integers(20, 236, (LABELS, 3)).astype(np.uint8)


def _segments(frames: int, height: int, width: int) -> Iterator[NDArray[np.intp]]:
    """Areas nearest to points that move, with rough edges; a new edge in every frame."""
    rng = np.random.default_rng(6)
    places, speeds = rng.random((LABELS, 2)), rng.normal(0, 0.002, (LABELS, 2))
    rough = _octaves(rng, 1 << int(np.ceil(np.log2(2 * width))), 1.7)
    rows = np.arange(height, dtype=np.float32)[:, None] / height
    columns = np.arange(width, dtype=np.float32) / height
    for i in range(frames):
        at = (places + i * speeds) * [1, width / height]
        bend = _moved(rough, 0.5 * i, 0.5 * i, height, width) * np.float32(0.015)
        best = np.full((height, width), np.inf, np.float32)
        ids = np.zeros((height, width), np.intp)
        for k, (y, x) in enumerate(at.astype(np.float32)):
            far = (rows + bend - y) ** 2 + (columns + bend - x) ** 2
            nearer = far < best
            best[nearer], ids[nearer] = far[nearer], k
        yield ids


def _film(frames: int, height: int, width: int) -> Iterator[Floats]:
    """Planes of the filmed scene, as they are decoded."""
    from heatvid._ffmpeg.program import find_ffmpeg

    with tempfile.TemporaryDirectory(prefix="heatvid-benchmark-") as folder:
        video = Path(folder) / "scene.mp4"
        _scene_video.write_video(video, frames, height, width)
        raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"]
        command = [find_ffmpeg(), "-v", "error", "-nostdin", "-i", str(video), *raw]
        decoded = subprocess.run(command, stdout=PIPE, check=True).stdout
    yield from np.frombuffer(decoded, np.uint8).reshape(frames, -1).astype(np.float32)
