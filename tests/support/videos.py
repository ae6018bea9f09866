"""Videos as ffmpeg alone decodes them, and what they have to hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._color.colormaps import color_table
from heatvid._color.colorspace import rgb_to_canvas
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import ffmpeg_version, find_ffmpeg, passthrough
from tests.support.oracle import BLACK, Color, Picture, frame_bytes

Bytes = NDArray[np.uint8]


def ffmpeg(*arguments: Any) -> bytes:
    command = [find_ffmpeg(), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    done = run(command, timeout_seconds=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def one_to_one() -> list[str]:
    """Arguments for one frame out per frame in, with this ffmpeg."""
    return passthrough(ffmpeg_version(find_ffmpeg()))


def turned(path: Path, by: int = 90) -> Path:
    """A copy of an .mp4 that is to be rotated when it is shown."""
    out = path.with_name("turned.mp4")
    if ffmpeg_version(find_ffmpeg()) >= (6,):
        ffmpeg("-display_rotation", by, "-i", path, "-c", "copy", out)
    else:
        ffmpeg("-i", path, "-c", "copy", "-metadata:s:v", f"rotate={by}", out)
    return out


def encoded(path: Any) -> bytes:
    """What is encoded in a video, and when it is shown, without what the file says of itself."""
    return ffmpeg("-i", f"file:{path}", "-map", 0, "-c", "copy", "-f", "framemd5", "-")


def _decoded(path: Any, pixel_format: str) -> Bytes:
    raw = ffmpeg(
        "-i", f"file:{path}", *one_to_one(), "-pix_fmt", pixel_format, "-f", "rawvideo", "-"
    )
    return np.frombuffer(raw, np.uint8)


def rgb_of(path: Any, height: int, width: int) -> Bytes:
    """All frames, shape (n, height, width, 3)."""
    return _decoded(path, "rgb24").reshape(-1, height, width, 3)


def planes_of(path: Any, height: int, width: int) -> Bytes:
    """The yuv420p bytes of all frames, shape (n, height * width * 3 / 2); sizes are even."""
    return _decoded(path, "yuv420p").reshape(-1, height * width * 3 // 2)


def stream_of(path: Any) -> list[str]:
    """Arguments that take all frames; the first stream of an AVIF that moves is one picture."""
    return ["-map", "0:v:1" if str(path).endswith(".avif") else "0:v:0"]


def fps_of(path: Any) -> Fraction:
    """The rate that ffmpeg decodes at, exact."""
    listed = ffmpeg("-i", f"file:{path}", "-f", "framecrc", "-").decode()
    base = re.search(r"#tb 0: (\d+)/(\d+)", listed)
    assert base, listed
    return Fraction(int(base[2]), int(base[1]))


def colors_of(cmap: str) -> list[Color]:
    """Rows of a colormap for the oracle."""
    table = color_table(cmap)
    rows = zip(table.rgb.tolist(), table.alpha.tolist(), strict=True)
    return [(r, g, b, alpha) for (r, g, b), alpha in rows]


def expected(
    frames: NDArray[Any],
    picture: Picture,
    limits: tuple[float, float] | Sequence[tuple[float, float]],
    *,
    cmap: str = "inferno",
    alpha: float = 1.0,
    background: Any = BLACK,
    bilinear: bool = True,
) -> Bytes:
    """Bytes of rendered frames by the oracle, shape (n, frame_bytes).

    ``limits`` are of all frames or of each; ``background`` is a colour, or canvas bytes of each
    frame.
    """
    colors = colors_of(cmap)
    each = [limits] * len(frames) if np.ndim(limits) == 1 else limits
    under = background if isinstance(background, np.ndarray) else [background] * len(frames)
    return np.stack(
        [
            frame_bytes(f, picture, colors, lim, alpha=alpha, background=b, bilinear=bilinear)  # type: ignore[arg-type]
            for f, lim, b in zip(frames, each, under, strict=True)
        ]
    )


def canvas_bytes(pictures: Bytes, picture: Picture) -> Bytes:
    """Pictures, shape (n, H, W, 3), in the bytes of a canvas."""
    canvas = Canvas(picture.pixel_format, picture.height, picture.width, "tv")  # type: ignore[arg-type]
    out = np.empty((len(pictures), canvas.frame_bytes), np.uint8)
    for rgb, frame in zip(pictures, out, strict=True):
        rgb_to_canvas(rgb, canvas, frame)
    return out


def numbered(count: int = 6, height: int = 24, width: int = 32) -> NDArray[np.float32]:
    """Frames that tell their number and which way is up: 0..1, no two pixels of a frame alike."""
    rows, columns = np.mgrid[:height, :width]
    slope = (3 * rows + columns) / (3 * height + width) / 2
    steps = np.arange(count).reshape(-1, 1, 1) / max(count, 1) / 2
    frames = (slope + steps).astype(np.float32)
    frames[:, : height // 4, : width // 4] = 1.0  # a bright corner, top left
    frames[:, -1, -1] = 0.0
    return frames


def pictures(count: int = 6, height: int = 24, width: int = 32) -> Bytes:
    """RGB noise, another in each frame."""
    rng = np.random.default_rng(7)
    return rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def only(folder: Path) -> list[str]:
    """Names in a folder, hidden ones included."""
    return sorted(p.name for p in folder.iterdir())
