"""The video that lies under the fields, and the planes of what is seen when they lie over it.

A hand-held camera pans, rolls and nears over a textured scene, textured things move in it by up to
ten pixels a frame, and the sensor is noisy: some 20 Mbit/s at 1080p, as a phone records. To decode
and encode it again costs about as much a pixel as a walk through a city, filmed by hand.
"""

from __future__ import annotations

import math
import subprocess
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import numpy as np
from numpy.typing import NDArray

from benchmarks import _scenes
from benchmarks._scenes import DISTINCT_FRAMES, Bytes, Floats, to_planes, to_yuv

THINGS = 4
NOISE = np.float32(2)  # levels of luma, standard deviation
PAN, NEARING, ROLL = 0.14, 0.06, 0.05  # as parts of the height, of the size, and in radians
SWAY = 0.05  # of things, as a part of the canvas


def write_video(path: Path, frames: int, height: int, width: int) -> None:
    """Write it as H.264, BT.709 in pixels and tags; frame 60 continues with frame 0."""
    from heatvid._ffmpeg.program import find_ffmpeg

    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", "30"]
    tags = ["-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709",
            "-color_trc", "bt709"]  # fmt: skip
    believed = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    command = [find_ffmpeg(), "-v", "error", "-nostdin", *raw, "-i", "pipe:0", "-vf", believed]
    encoding = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p"]
    views = list(_views(min(frames, DISTINCT_FRAMES), height, width))
    with subprocess.Popen([*command, *encoding, *tags, "-y", str(path)], stdin=PIPE) as process:
        assert process.stdin is not None
        for i in range(frames):
            process.stdin.write(views[i % len(views)].data)
    if process.returncode:
        raise RuntimeError(f"ffmpeg exited with code {process.returncode}")


def write_overlay_planes(path: Path, video: Path, height: int, width: int, alpha: float) -> None:
    """Write the I420 planes of the fields over the video's frames, up to 60 of them, as .npy."""
    from heatvid._ffmpeg.program import find_ffmpeg

    raw = ["-frames:v", str(DISTINCT_FRAMES), "-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"]
    command = [find_ffmpeg(), "-v", "error", "-nostdin", "-i", str(video), *raw]
    decoded = subprocess.run(command, stdout=PIPE, check=True).stdout
    under = np.frombuffer(decoded, np.uint8).reshape(-1, height * width * 3 // 2)
    mixed = np.empty_like(under)
    for i, (frame, below) in enumerate(
        zip(_scenes.heat_frames(height, width), under, strict=False)
    ):
        mixed[i] = np.rint(alpha * to_planes(frame) + (1 - alpha) * below)
    np.save(path, mixed)


def _views(count: int, height: int, width: int) -> Iterator[Bytes]:
    """Planes of what the camera sees, which comes back to where it began after 60 frames."""
    margin = 2 * int((PAN / 2 + NEARING + ROLL) * width) + 4
    whole = to_yuv(_scenes.picture(height + margin, width + margin))
    texture = to_yuv(_texture(height // 2, width // 2))
    for i in range(count):
        phase = 2 * np.pi * i / DISTINCT_FRAMES
        view = _seen(whole, phase, height, width)
        for k in range(THINGS):
            _put_thing(view, texture, k, phase)
        noise = np.random.default_rng(i).standard_normal((height, width), dtype=np.float32)
        view[..., 0] += NOISE * noise
        yield to_planes(np.clip(view, 16, 235))


def _seen(whole: Floats, phase: float, height: int, width: int) -> Floats:
    """What the camera sees of a scene: a part of it, panned, rolled and near, bilinear."""
    size, angle = 1 + NEARING * math.sin(phase), ROLL * math.sin(2 * phase + 1)
    down, across = size * math.cos(angle), size * math.sin(angle)
    middle = [side / 2 for side in whole.shape[:2]]
    middle[0] += PAN / 2 * height * math.cos(phase)
    middle[1] += PAN / 2 * height * math.sin(phase)
    y = np.arange(height, dtype=np.float32)[:, None] - height / 2
    x = np.arange(width, dtype=np.float32) - width / 2
    rows, columns = middle[0] + down * y - across * x, middle[1] + across * y + down * x
    top, left = rows.astype(np.int32), columns.astype(np.int32)
    below, beside = (rows - top)[..., None], (columns - left)[..., None]
    pixels, places = whole.reshape(-1, 3), top * whole.shape[1] + left
    first, second = (
        _between(pixels, places, beside),
        _between(pixels, places + whole.shape[1], beside),
    )
    return first + (second - first) * below


def _between(pixels: Floats, places: NDArray[np.int32], beside: Floats) -> Floats:
    """Interpolate between pixels at some places and those beside them."""
    first = np.take(pixels, places, axis=0)
    return first + (np.take(pixels, places + 1, axis=0) - first) * beside


def _put_thing(view: Floats, texture: Floats, number: int, phase: float) -> None:
    """Put a textured thing where it is, swaying about a place of its own."""
    height, width = view.shape[0] // 5, view.shape[1] // 8
    down, across = 1 + number % 2, 1 + number % 3
    place = 0.5 + 0.35 * np.array([np.sin(2.3 * number), np.cos(1.7 * number)])
    place += SWAY * np.sin(phase * np.array([down, across]) + number) / [down, across]
    y, x = (place * (view.shape[0] - height, view.shape[1] - width)).astype(int)
    row = 37 * number % (texture.shape[0] - height)
    column = 101 * number % (texture.shape[1] - width)
    view[y : y + height, x : x + width] = texture[row : row + height, column : column + width]


def _texture(height: int, width: int) -> Bytes:
    rng = np.random.default_rng(7)
    values = rng.normal(120, 30, (height, width, 1)) + rng.normal(0, 12, (height, width, 3))
    for axis in (0, 1):
        values = sum(np.roll(values, step, axis) for step in (-1, 0, 1, 2)) / 4
    return np.clip(values, 0, 255).astype(np.uint8)
