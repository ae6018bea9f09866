"""The picture as it should be, in float64, and how far from it a video is when it is played.

A video is decoded to its planes by ffmpeg, without conversion. What they mean is read as players
do: by its tags, and without tags as BT.709 from 720 lines up and BT.601 below, limited range.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import _scenes
from benchmarks.tools._task import ALPHA, ffmpeg

Picture = NDArray[np.float64]

HD_LINES = 720
AREA = 8  # pixels each way: the encoder's noise averages out in it, a wrong colour does not
_LUMA = {"bt709": (0.2126, 0.0722), "bt601": (0.299, 0.114)}  # of red and of blue
_MATRICES = {"bt709": "bt709", "smpte170m": "bt601", "bt470bg": "bt601"}


@dataclass(frozen=True)
class PictureError:
    """Levels, 0 to 255, between pictures of a video and the reference, over R, G and B.

    Attributes
    ----------
    mean : float
        Absolute difference of pixels.
    worst : float
        The same, at its greatest; the encoder's losses at edges are in it.
    worst_area : float
        Greatest absolute difference of means over 8×8 pixels: colours that are wrong.
    """

    mean: float
    worst: float
    worst_area: float

    def as_json(self) -> dict[str, float]:
        """Values that JSON can hold."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


def heat(index: int, height: int, width: int) -> Picture:
    """The field's frame in the exact colormap, (height, width, 3) in 0..255."""
    return coloured(_scenes.field(index, height, width))


def coloured(values: NDArray[np.float32]) -> Picture:
    """Values in the exact colormap, (height, width, 3) in 0..255."""
    place = (values.astype(np.float64) - _scenes.VMIN) * (256 / (_scenes.VMAX - _scenes.VMIN))
    return _scenes.exact_colours()[np.clip(place, 0, 255).astype(np.intp)]


def overlay(index: int, height: int, width: int, behind: Picture) -> Picture:
    """The field's frame over a picture."""
    return ALPHA * heat(index, height, width) + (1 - ALPHA) * behind


def play(path: Path, height: int, width: int, frames: Sequence[int]) -> list[Picture]:
    """Show frames of a video as a player would, each (height, width, 3) in 0..255."""
    from heatvid._video.info import probe

    info = probe(path)
    matrix = _MATRICES.get(info.matrix or "", "bt709" if height >= HD_LINES else "bt601")
    full = info.color_range == "pc" or info.pixel_format.startswith("yuvj")
    return [_to_rgb(_planes(path, i, height, width), matrix, full) for i in frames]


def count_frames(path: Path) -> int:
    """Count the frames that a video gives."""
    from heatvid._video.info import probe

    return probe(path).frames


def stored_as(path: Path) -> str:
    """The codec and the pixel format of a video, as ffmpeg names them: "h264 yuv420p"."""
    from heatvid._ffmpeg.process import run

    # Without an output it exits with 1, having said what it found.
    log = run([ffmpeg(), "-hide_banner", "-i", str(path)], timeout_seconds=120).stderr.decode()
    found = re.search(r"Video: (\w+).*?, (\w+)[(,]", log)
    if found is None:
        raise ValueError(f"no video in {path}: {log}")
    return f"{found[1]} {found[2]}"


def compare(shown: Sequence[Picture], references: Sequence[Picture]) -> PictureError:
    """Measure pictures against their references."""
    pixels, areas = [], []
    for picture, reference in zip(shown, references, strict=True):
        difference = picture - reference
        pixels.append(np.abs(difference))
        areas.append(np.abs(_area_means(difference)))
    return PictureError(
        mean=float(np.mean(pixels)), worst=float(np.max(pixels)), worst_area=float(np.max(areas))
    )


def _area_means(picture: Picture) -> Picture:
    height, width = (size // AREA * AREA for size in picture.shape[:2])
    blocks = picture[:height, :width].reshape(height // AREA, AREA, width // AREA, AREA, 3)
    return np.asarray(blocks.mean((1, 3)))


def _planes(path: Path, index: int, height: int, width: int) -> NDArray[np.float64]:
    """One frame's samples, (3, height, width); chroma as that of its 2×2 block."""
    from heatvid._ffmpeg.process import run

    chosen = ["-vf", f"select=eq(n\\,{index})", "-frames:v", "1"]
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"]
    done = run([ffmpeg(), "-v", "error", "-i", str(path), *chosen, *raw], timeout_seconds=120)
    samples = np.frombuffer(done.stdout, np.uint8).astype(np.float64)
    luma = samples[: height * width].reshape(1, height, width)
    chroma = samples[height * width :].reshape(2, height // 2, width // 2)
    return np.concatenate([luma, chroma.repeat(2, 1).repeat(2, 2)])


def _to_rgb(planes: NDArray[np.float64], matrix: str, full: bool) -> Picture:
    red, blue = _LUMA[matrix]
    black, luma_span, chroma_span = (0, 255, 255) if full else (16, 219, 224)
    y = (planes[0] - black) / luma_span
    b, r = (planes[1:] - 128) / chroma_span
    channels = [y + 2 * (1 - red) * r, np.empty_like(y), y + 2 * (1 - blue) * b]
    channels[1] = (y - red * channels[0] - blue * channels[2]) / (1 - red - blue)
    return np.clip(np.stack(channels, -1) * 255, 0, 255)
