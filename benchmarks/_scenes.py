"""What the measurements render: a moving field, a picture to lie under it, and their planes.

The planes are computed here from the formula for BT.709 in limited range, apart from heatvid's
own code, so that the encoder is fed the same pictures without any of that code being measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

CMAP, VMIN, VMAX = "turbo", 0.0, 1.0
DISTINCT_FRAMES = 60


def field(index: int, height: int, width: int) -> Floats:
    """One frame of drifting blobs and a little noise, in 0..1; frame 60 continues with frame 0.

    Returns
    -------
    ndarray, shape (height, width), float32
    """
    phase = 2 * np.pi * index / DISTINCT_FRAMES
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(0, width / height, width, dtype=np.float32)[None, :]
    values = 0.15 + 0.1 * np.sin(3 * x + phase) * np.cos(4 * y - phase)
    for k in range(1, 6):
        centre_x = width / height * (0.5 + 0.4 * np.sin(phase + 1.9 * k))
        centre_y = 0.5 + 0.35 * np.cos((1 + k % 2) * phase + k)
        size = np.float32(0.05 + 0.02 * k)
        # A Gaussian is a product, so only its two sides are computed.
        values += (
            0.6 * np.exp(-(((y - centre_y) / size) ** 2)) * np.exp(-(((x - centre_x) / size) ** 2))
        )
    noise = np.random.default_rng(index).standard_normal(values.shape, dtype=np.float32)
    return (values + np.float32(0.003) * noise).astype(np.float32)


def picture(height: int, width: int) -> Bytes:
    """A still picture with areas, edges and texture.

    Returns
    -------
    ndarray, shape (height, width, 3), uint8, RGB
    """
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    texture = np.random.default_rng(0).normal(0, 4, (height, width, 1))
    stripes = 30 * (np.sin(40 * (x + 0.3 * np.sin(5 * y))) > 0)
    channels = [90 + 80 * y + stripes, 110 + 60 * np.sin(2 * x), 170 - 90 * y + stripes / 2]
    return np.clip(np.stack(channels, -1) + texture, 0, 255).astype(np.uint8)


def write_fields(path: Path, frames: int, height: int, width: int) -> None:
    """Write ``frames`` fields as one .npy file, (frames, height, width) float32."""
    distinct = [field(i, height, width) for i in range(min(frames, DISTINCT_FRAMES))]
    array = np.lib.format.open_memmap(path, "w+", np.float32, (frames, height, width))
    for i in range(frames):
        array[i] = distinct[i % len(distinct)]
    array.flush()


def write_planes(
    path: Path, height: int, width: int, background: Bytes | None = None, alpha: float = 1
) -> None:
    """Write the I420 planes of the distinct fields as one .npy file, (60, frame_bytes) uint8."""
    under = None if background is None else to_yuv(background)
    frames = []
    for yuv in heat_frames(height, width):
        if under is not None:
            yuv = np.float32(alpha) * yuv + np.float32(1 - alpha) * under
        frames.append(to_planes(yuv))
    np.save(path, np.stack(frames))


def heat_frames(height: int, width: int) -> Iterator[Floats]:
    """Give the distinct fields in their colours, (height, width, 3) in BT.709, not rounded."""
    table = to_yuv(colours())
    for i in range(DISTINCT_FRAMES):
        position = (field(i, height, width) - VMIN) * (256 / (VMAX - VMIN))
        yield np.take(table, position.astype(np.intp), axis=0, mode="clip")


def to_yuv(rgb: Bytes) -> Floats:
    """RGB in 0..255 to BT.709 in limited range, not rounded; (..., 3) to (..., 3)."""
    luma = rgb @ np.array([0.2126, 0.7152, 0.0722])
    blue = 128 + 224 * (rgb[..., 2] - luma) / (1.8556 * 255)
    red = 128 + 224 * (rgb[..., 0] - luma) / (1.5748 * 255)
    return np.stack([16 + 219 * luma / 255, blue, red], -1).astype(np.float32)


def to_planes(yuv: Floats) -> Bytes:
    """One frame, (H, W, 3) with even sizes, to the bytes of its I420 planes."""
    height, width = yuv.shape[:2]
    chroma = yuv[..., 1:].reshape(height // 2, 2, width // 2, 2, 2).mean((1, 3))
    planes = [yuv[..., 0], chroma[..., 0], chroma[..., 1]]
    return np.concatenate([np.rint(plane).astype(np.uint8).ravel() for plane in planes])


def colours() -> Bytes:
    """The colormap, shape (256, 3) uint8 RGB."""
    return np.rint(exact_colours()).astype(np.uint8)


def exact_colours() -> NDArray[np.float64]:
    """The colormap before rounding, shape (256, 3) in 0..255."""
    import cmap

    return np.asarray(cmap.Colormap(CMAP).lut(256), np.float64)[:, :3] * 255
