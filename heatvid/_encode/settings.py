"""What is to be written, where and how: checked settings."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from heatvid._canvas import Canvas
from heatvid._encode.codecs import (
    CONTAINERS,
    GRAY_SUFFIXES,
    LARGEST_SIDE,
    check_suffix,
    is_png,
    is_tiny,
    suffix_of,
)
from heatvid._encode.numbered_name import read_name
from heatvid._errors import AnyPath, OptionError
from heatvid._options.options import X264_PRESETS

_LARGEST_AREA = 1 << 28  # of (height + 128) * (width + 128): ffmpeg's av_image_check_size
_LARGEST_FPS = 1000  # Matroska and WebM count milliseconds
_LARGEST_TERM = 1_001_000  # of a rate's fraction: ffmpeg's av_parse_video_rate


@dataclass(frozen=True)
class OutputSettings:
    """What to encode and how; checked when made.

    Attributes
    ----------
    output : path
        The file; its suffix chooses the container: .mp4, .m4v, .mov, .mkv, .webm. Or numbered
        pictures, ``frames/%05d.png``: the file name holds one ``%d`` or ``%05d``, counted from 0,
        and ``%%`` for a percent sign; without a number it is one picture of one frame.
    canvas : Canvas
        Pixel format, size and range of the frames that will be written. In a video ``rgb24``
        needs ``lossless``; ``gray`` and ``gray16le`` go to .mkv and .png, always losslessly.
        ``nv12`` is stored as yuv420p; ``yuv444p`` as H.264 High 4:4:4 or VP9 profile 1, which
        fewer players know.
    fps : Fraction
        Frames a second, exact, above 0 and up to 1000.
    crf : int
        Constant rate factor: 0 (best) to 51, to 63 for .webm; unused when lossless.
    preset : str
        x264's name of a speed, ``ultrafast`` to ``placebo``; mapped to VP9's for .webm.
    lossless : bool
        Decodes to the bytes that were written: x264 ``-qp 0``, in .mkv FFV1, in .webm VP9.
        (FFV1 cannot do colours of a few pixels: x264 again.) PNG and gray are lossless anyway.
    overwrite : bool
        Whether an existing file may be replaced; of a pattern those that new frames are named
        after, and larger numbers where they are what an earlier render of it left.
    threads : int or None
        Of the encoder; None leaves it to choose.

    Raises
    ------
    OptionError
        A value is not allowed, or values contradict each other.
    """

    output: AnyPath
    canvas: Canvas
    fps: Fraction
    crf: int = 18
    preset: str = "medium"
    lossless: bool = False
    overwrite: bool = False
    threads: int | None = None

    def __post_init__(self) -> None:
        check_suffix(self.output)
        _check_pixel_format(self)
        _check_encoding(self)
        _check_fps(self.fps)
        _check_size(self.canvas, self.codec)
        if is_png(self.output):
            read_name(self.output)

    @property
    def suffix(self) -> str:
        """The output's suffix, in lower case."""
        return suffix_of(self.output)

    @property
    def codec(self) -> str:
        """Ffmpeg's name of the encoder; ``png`` where it is not needed."""
        if is_png(self.output):
            return "png"
        if self.canvas.is_gray:
            return "ffv1"
        column = 1 if not self.lossless else 3 if self.canvas.pixel_format == "rgb24" else 2
        codec = CONTAINERS[self.suffix][column]
        if codec == "ffv1" and is_tiny(self.canvas):
            return CONTAINERS[".mp4"][column]
        return codec


def _check_pixel_format(settings: OutputSettings) -> None:
    suffix, pixel_format = settings.suffix, settings.canvas.pixel_format
    if settings.canvas.is_gray and suffix not in GRAY_SUFFIXES:
        raise OptionError(
            f"pixel format is {pixel_format} in {suffix}; allowed for it are .mkv (FFV1) and .png "
            "(numbered pictures, frames/%05d.png)"
        )
    if is_png(settings.output) and not settings.canvas.is_gray and pixel_format != "rgb24":
        raise OptionError(
            f"pixel format is {pixel_format} in .png; allowed there are rgb24, gray and gray16le; "
            'use pix_fmt="rgb24" (--pix-fmt rgb24)'
        )
    if pixel_format == "rgb24" and not settings.lossless and not is_png(settings.output):
        raise OptionError(
            "pixel format is rgb24 without lossless; use lossless=True (--lossless), or yuv420p"
        )


def _check_encoding(settings: OutputSettings) -> None:
    worst = 63 if settings.suffix == ".webm" else 51
    if not 0 <= settings.crf <= worst:
        raise OptionError(f"crf is {settings.crf}; allowed for {settings.suffix} is 0 to {worst}")
    if settings.preset not in X264_PRESETS:
        raise OptionError(f"preset is {settings.preset!r}; allowed are {', '.join(X264_PRESETS)}")
    if settings.threads is not None and settings.threads < 1:
        raise OptionError(f"threads is {settings.threads}; allowed is 1 or more")


def _check_fps(fps: Fraction) -> None:
    if not 0 < fps <= _LARGEST_FPS:
        raise OptionError(f"fps is {fps}; allowed is more than 0, up to {_LARGEST_FPS}")
    if max(fps.numerator, fps.denominator) > _LARGEST_TERM:
        raise OptionError(
            f"fps is {fps}; allowed are fractions with terms up to {_LARGEST_TERM}, "
            f"{fps.limit_denominator(1001)} say"
        )


def _check_size(canvas: Canvas, codec: str) -> None:
    height, width = canvas.height, canvas.width
    largest = LARGEST_SIDE[codec]
    if max(height, width) > largest or (height + 128) * (width + 128) >= _LARGEST_AREA:
        raise OptionError(
            f"size is {width}x{height}; {codec} takes up to {largest} each way and 267 million "
            "pixels in all; show a part of the field, or fewer pixels of it"
        )
