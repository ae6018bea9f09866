"""Settings to ffmpeg's arguments."""

from __future__ import annotations

from heatvid._canvas import Canvas
from heatvid._encode.codecs import CONTAINERS, RGB_FORMATS, is_png, is_tiny
from heatvid._encode.settings import OutputSettings
from heatvid._errors import AnyPath
from heatvid._ffmpeg.program import file_url
from heatvid._options.options import X264_PRESETS


def encoder_arguments(settings: OutputSettings, temporary: AnyPath) -> list[str]:
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


def _pixel_formats(settings: OutputSettings) -> tuple[str, str]:
    """The formats that ffmpeg reads and stores."""
    pixel_format = settings.canvas.pixel_format
    if pixel_format == "rgb24":
        return pixel_format, RGB_FORMATS[settings.codec]
    if pixel_format == "nv12" and settings.codec != "libx264":
        return pixel_format, "yuv420p"
    # Only this deprecated name keeps full range of yuv420p through x264 on every version; that of
    # 4:4:4 is converted by 4.2 for other codecs, and not needed.
    full = settings.canvas.color_range == "pc"
    if full and pixel_format == "yuv420p" and settings.codec == "libx264":
        return "yuvj420p", "yuvj420p"
    return pixel_format, pixel_format


def _codec_options(settings: OutputSettings) -> list[str]:
    if settings.codec == "ffv1":
        if is_tiny(settings.canvas):
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


def _muxer_options(settings: OutputSettings) -> list[str]:
    muxer = CONTAINERS[settings.suffix][0]
    index_first = ["-movflags", "+faststart+write_colr"] if muxer in ("mp4", "mov") else []
    return [*index_first, "-f", muxer]
