"""The video that lies under the fields, and the planes of what is seen when they lie over it.

A hand-held camera pans over a textured scene by parts of a pixel, textured things move across it,
and the sensor is noisy: some 15 Mbit/s at 1080p, as a phone records. What is as hard to encode as
that is about as hard as the overlay of it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import numpy as np

from benchmarks import _scenes
from benchmarks._scenes import DISTINCT_FRAMES, Bytes, Floats, to_planes, to_yuv

THINGS = 4
NOISE = np.float32(1.5)  # levels of luma, standard deviation


def write_video(path: Path, frames: int, height: int, width: int) -> None:
    """Write it as H.264, BT.709 in pixels and tags; frame 60 continues with frame 0."""
    from heatvid._ffmpeg import find_ffmpeg

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
    from heatvid._ffmpeg import find_ffmpeg

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
    margin = 2 * (height // 12) + 2
    whole = to_yuv(_scenes.picture(height + margin, width + margin))
    texture = to_yuv(_texture(height // 2, width // 2))
    for i in range(count):
        phase = 2 * np.pi * i / DISTINCT_FRAMES
        top, left = (margin - 2) * (1 - np.cos(phase)) / 2, (margin - 2) * (1 + np.sin(phase)) / 2
        view = _shifted(whole, top, left, height, width)
        for k in range(THINGS):
            _move_across(view, texture, k, phase)
        noise = np.random.default_rng(i).standard_normal((height, width), dtype=np.float32)
        view[..., 0] += NOISE * noise
        yield to_planes(np.clip(view, 16, 235))


def _shifted(whole: Floats, top: float, left: float, height: int, width: int) -> Floats:
    """Part of a picture from any place between its pixels, bilinear."""
    row, column = int(top), int(left)
    part = whole[row : row + height + 1, column : column + width + 1]
    part = part[:-1] + (part[1:] - part[:-1]) * np.float32(top - row)
    return part[:, :-1] + (part[:, 1:] - part[:, :-1]) * np.float32(left - column)


def _move_across(view: Floats, texture: Floats, number: int, phase: float) -> None:
    height, width = view.shape[0] // 5, view.shape[1] // 8
    across, down = 1 + number % 2, 1 + number % 3
    y = int((view.shape[0] - height) * (0.5 + 0.48 * np.sin(phase * down + 1.3 * number)))
    x = int((view.shape[1] - width) * (0.5 + 0.48 * np.cos(phase * across + 2.1 * number)))
    row = 37 * number % (texture.shape[0] - height)
    column = 101 * number % (texture.shape[1] - width)
    view[y : y + height, x : x + width] = texture[row : row + height, column : column + width]


def _texture(height: int, width: int) -> Bytes:
    rng = np.random.default_rng(7)
    values = rng.normal(120, 30, (height, width, 1)) + rng.normal(0, 12, (height, width, 3))
    for axis in (0, 1):
        values = sum(np.roll(values, step, axis) for step in (-1, 0, 1, 2)) / 4
    return np.clip(values, 0, 255).astype(np.uint8)
