"""What the encoder is asked for: checked settings, and from them ffmpeg's arguments."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction

from heatvid._encode.output_sequence import read_name
from heatvid._errors import OptionError
from heatvid._ffmpeg.process import AnyPath, file_url, shown
from heatvid._frames import Canvas
from heatvid._options.options import X264_PRESETS

# ffmpeg's muxer, codec of a usual video, of a lossless YCbCr one, of a lossless rgb24 one
_CONTAINERS = {
    ".mp4": ("mp4", "libx264", "libx264", "libx264rgb"),
    ".m4v": ("mp4", "libx264", "libx264", "libx264rgb"),
    ".mov": ("mov", "libx264", "libx264", "libx264rgb"),
    ".mkv": ("matroska", "libx264", "ffv1", "ffv1"),
    ".webm": ("webm", "libvpx-vp9", "libvpx-vp9", "libvpx-vp9"),
}
_PNG = ".png"  # written without ffmpeg
_GRAY_SUFFIXES = (".mkv", _PNG)
# The format that each codec stores RGB in, without loss.
_RGB_FORMATS = {"libx264rgb": "rgb24", "ffv1": "bgr0", "libvpx-vp9": "gbrp"}
_LARGEST_SIDE = {
    "libx264": 16384,
    "libx264rgb": 16384,
    "ffv1": 65535,
    "libvpx-vp9": 65535,
    "png": 65535,
}
_SMALLEST_FFV1 = 8  # of 3 pixels or less its slices come back wrong (4.2, 7.0) or fail (9.0)
_LARGEST_AREA = 1 << 28  # of (height + 128) * (width + 128): ffmpeg's av_image_check_size
_LARGEST_FPS = 1000  # Matroska and WebM count milliseconds
_LARGEST_TERM = 1_001_000  # of a rate's fraction: ffmpeg's av_parse_video_rate


@dataclass(frozen=True)
class EncoderSettings:
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
        Whether an existing file may be replaced.
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
        return _suffix(self.output)

    @property
    def codec(self) -> str:
        """Ffmpeg's name of the encoder; ``png`` where it is not needed."""
        if is_png(self.output):
            return "png"
        if self.canvas.is_gray:
            return "ffv1"
        column = 1 if not self.lossless else 3 if self.canvas.pixel_format == "rgb24" else 2
        codec = _CONTAINERS[self.suffix][column]
        if codec == "ffv1" and _is_tiny(self.canvas):
            return _CONTAINERS[".mp4"][column]
        return codec


def check_suffix(output: AnyPath) -> None:
    """Refuse an output whose suffix names no container."""
    if _suffix(output) not in (*_CONTAINERS, _PNG):
        name = shown(output) or "''"
        raise OptionError(
            f"output is {name}; its suffix may be {', '.join(_CONTAINERS)}, or "
            ".png: numbered pictures, frames/%05d.png"
        )


def is_png(output: AnyPath) -> bool:
    """Whether PNG files are written, not a video."""
    return _suffix(output) == _PNG


def _suffix(output: AnyPath) -> str:
    return os.path.splitext(os.fsdecode(output))[1].lower()


def _is_tiny(canvas: Canvas) -> bool:
    return min(canvas.height, canvas.width) < _SMALLEST_FFV1


def _check_pixel_format(settings: EncoderSettings) -> None:
    suffix, pixel_format = settings.suffix, settings.canvas.pixel_format
    if settings.canvas.is_gray and suffix not in _GRAY_SUFFIXES:
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


def _check_encoding(settings: EncoderSettings) -> None:
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
    largest = _LARGEST_SIDE[codec]
    if max(height, width) > largest or (height + 128) * (width + 128) >= _LARGEST_AREA:
        raise OptionError(
            f"size is {width}x{height}; {codec} takes up to {largest} each way and 267 million "
            "pixels in all; show a part of the field, or fewer pixels of it"
        )


def encoder_arguments(settings: EncoderSettings, temporary: AnyPath) -> list[str]:
    """Spell the settings for ffmpeg 4.2 and later; the program itself is not included.

    Raw frames come on standard input, planes as they are: no filter may touch a pixel, and the
    tags must say what the pixels are.
    """
    assert not is_png(settings.output), "PNG is written without ffmpeg"
    canvas = settings.canvas
    rate = f"{settings.fps.numerator}/{settings.fps.denominator}"
    raw, stored = _pixel_formats(settings)
    return [
        *("-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"),
        "-xerror",  # without it 4.2 exits with 0 when the disk is full
        *("-f", "rawvideo", "-pix_fmt", raw, "-s", f"{canvas.width}x{canvas.height}"),
        *("-r", rate, "-i", "pipe:0"),
        *("-c:v", settings.codec, *_codec_options(settings), "-pix_fmt", stored),
        *_tags(canvas),
        *(() if settings.threads is None else ("-threads", str(settings.threads))),
        *_muxer_options(settings),
        *("-y", file_url(temporary)),
    ]


def _tags(canvas: Canvas) -> list[str]:
    """Say what the pixels are, without touching them.

    ``setparams`` is what ffmpeg 9 believes, the ``-color`` options what 4.2 writes; each alone
    fails on one of them. Gray samples are values: only their range is known.
    """
    if canvas.is_gray:
        return ["-color_range", "pc", "-vf", "setparams=range=pc"]
    rgb = canvas.pixel_format == "rgb24"
    color_range = "pc" if rgb else canvas.color_range
    return [
        *("-color_range", color_range, "-colorspace", "rgb" if rgb else "bt709"),
        *("-color_primaries", "bt709", "-color_trc", "iec61966-2-1"),
        *(("-chroma_sample_location", "center") if canvas.subsampled else ()),
        "-vf",
        f"setparams=range={color_range}:color_primaries=bt709:color_trc=iec61966-2-1"
        f":colorspace={'gbr' if rgb else 'bt709'}",
    ]


def _pixel_formats(settings: EncoderSettings) -> tuple[str, str]:
    """The formats that ffmpeg reads and stores."""
    pixel_format = settings.canvas.pixel_format
    if pixel_format == "rgb24":
        return pixel_format, _RGB_FORMATS[settings.codec]
    if pixel_format == "nv12" and settings.codec != "libx264":
        return pixel_format, "yuv420p"
    # Only this deprecated name keeps full range of yuv420p through x264 on every version; that of
    # 4:4:4 is converted by 4.2 for other codecs, and not needed.
    full = settings.canvas.color_range == "pc"
    if full and pixel_format == "yuv420p" and settings.codec == "libx264":
        return "yuvj420p", "yuvj420p"
    return pixel_format, pixel_format


def _codec_options(settings: EncoderSettings) -> list[str]:
    if settings.codec == "ffv1":
        if _is_tiny(settings.canvas):
            return ["-level", "1"]  # before there were slices
        return ["-level", "3", "-slicecrc", "1"]
    if settings.codec == "libvpx-vp9":
        quality = ["-lossless", "1"] if settings.lossless else ["-crf", str(settings.crf)]
        return [*quality, "-b:v", "0", "-row-mt", "1", *_vp9_speed(settings.preset)]
    quality = ["-qp", "0"] if settings.lossless else ["-crf", str(settings.crf)]
    return [*quality, "-preset", settings.preset]


def _vp9_speed(preset: str) -> list[str]:
    """Map ultrafast..placebo to VP9's 8..0; above 5 only the realtime mode knows them."""
    speed = max(8 - X264_PRESETS.index(preset), 0)
    return ["-deadline", "realtime" if speed > 5 else "good", "-cpu-used", str(speed)]


def _muxer_options(settings: EncoderSettings) -> list[str]:
    muxer = _CONTAINERS[settings.suffix][0]
    index_first = ["-movflags", "+faststart+write_colr"] if muxer in ("mp4", "mov") else []
    return [*index_first, "-f", muxer]


def encodings(codecs: set[str]) -> list[str]:
    """List what can be written with ``codecs``, for the message when one is missing."""
    found = []
    for suffix, (_, usual, lossless, _) in _CONTAINERS.items():
        if usual in codecs:
            found.append(f"{suffix} ({usual})")
        elif lossless in codecs:
            found.append(f"{suffix} with lossless=True ({lossless})")
    return found
