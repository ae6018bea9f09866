"""Settings to ffmpeg's arguments."""

from __future__ import annotations

from heatvid._canvas import Canvas
from heatvid._encode.codecs import Codec
from heatvid._encode.containers import CONTAINERS, are_pictures
from heatvid._encode.gif import plays_as_loop
from heatvid._encode.settings import OutputSettings
from heatvid._encode.tuning import Detail, quality_options, speed_options
from heatvid._errors import AnyPath
from heatvid._ffmpeg.program import file_url


def encoder_arguments(
    settings: OutputSettings,
    temporary: AnyPath,
    codec: Codec | None = None,
    *,
    detail: Detail | None = None,
) -> list[str]:
    """Spell the settings for ffmpeg 4.2 and later; the program itself is not included.

    Raw frames come on standard input, planes as they are: no filter may touch a pixel, and the
    tags must say what the pixels are.

    Parameters
    ----------
    settings : OutputSettings
    temporary : path
        Where ffmpeg writes.
    codec : Codec, optional
        One of the settings' encoders; by default the first.
    detail : Detail, optional
        Of the first frame, where it was looked at.
    """
    assert not are_pictures(settings.output), "these are written without ffmpeg"
    canvas, codec = settings.canvas, codec or settings.encoders[0]
    rate = f"{settings.fps.numerator}/{settings.fps.denominator}"
    raw, stored = _pixel_formats(settings, codec)
    return [
        *("-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"),
        "-xerror",  # without it 4.2 exits with 0 when the disk is full
        *("-f", "rawvideo", "-pix_fmt", raw, "-s", f"{canvas.width}x{canvas.height}"),
        *("-r", rate, "-i", "pipe:0"),
        *("-c:v", codec.encoder, *codec_options(settings, codec, detail), "-pix_fmt", stored),
        *tag_options(canvas),
        *_tag_filter(canvas),
        *(() if settings.threads is None else ("-threads", str(settings.threads))),
        *(() if settings.key_frames is None else ("-g", str(settings.key_frames))),
        *_loop(settings),
        *(("-metadata", f"comment={settings.comment}") if settings.comment else ()),
        *container_options(settings, codec),
        *("-y", file_url(temporary)),
    ]


def container_options(settings: OutputSettings, codec: Codec) -> list[str]:
    """What chooses the container: that of the output, or of its parts, which keeps exact times."""
    if not settings.part_of:
        return CONTAINERS[settings.suffix].options
    return ["-movflags", "+write_colr", "-f", "mov" if codec.name in _QUICKTIME else "mp4"]


_QUICKTIME = ("prores", "ffv1")  # codecs that .mp4 does not take


def _loop(settings: OutputSettings) -> tuple[str, ...]:
    option = CONTAINERS[settings.suffix].loop
    if not option:
        return ()
    plays = settings.loop
    return option, str(plays_as_loop(plays) if settings.suffix == ".gif" else plays)


def tag_options(canvas: Canvas) -> list[str]:
    """Say what the pixels are, as ffmpeg 4.2 writes it, and all of them where they are copied.

    Gray samples are values: only their range is known.
    """
    if canvas.has_palette:  # whose colours come with it
        return []
    if canvas.is_gray:
        return ["-color_range", "pc"]
    return [
        *("-color_range", _range(canvas), "-colorspace", "rgb" if canvas.is_rgb else "bt709"),
        *("-color_primaries", "bt709", "-color_trc", "iec61966-2-1"),
        *(("-chroma_sample_location", "center") if canvas.subsampled else ()),
    ]


def _tag_filter(canvas: Canvas) -> list[str]:
    """Say the same as ffmpeg 9 believes it, without touching them.

    Each alone fails on one of the two.
    """
    if canvas.has_palette:
        return []
    if canvas.is_gray:
        return ["-vf", "setparams=range=pc"]
    return [
        "-vf",
        f"setparams=range={_range(canvas)}:color_primaries=bt709:color_trc=iec61966-2-1"
        f":colorspace={'gbr' if canvas.is_rgb else 'bt709'}",
    ]


def _range(canvas: Canvas) -> str:
    return "pc" if canvas.is_rgb else canvas.color_range


def _pixel_formats(settings: OutputSettings, codec: Codec) -> tuple[str, str]:
    """The formats that ffmpeg reads and stores."""
    pixel_format = settings.canvas.pixel_format
    stored = codec.formats(settings.exact)[pixel_format]
    # Only this deprecated name keeps full range of yuv420p through x264 on every version; that of
    # 4:4:4 is converted by 4.2 for other codecs, and not needed.
    full = settings.canvas.color_range == "pc"
    if full and pixel_format == stored == "yuv420p" and codec.encoder == "libx264":
        return "yuvj420p", "yuvj420p"
    return pixel_format, stored


def codec_options(settings: OutputSettings, codec: Codec, detail: Detail | None) -> tuple[str, ...]:
    if settings.exact:
        # The speed does not change what lossless frames decode to.
        preset = "medium" if settings.preset == "auto" else settings.preset
        options = (*codec.lossless, *speed_options(codec, preset, settings.content))
    else:
        options = (
            *quality_options(codec, crf=settings.crf, levels=settings.quality,
                             preset=settings.preset, content=settings.content, detail=detail),
            *speed_options(codec, settings.preset, settings.content, detail),
        )  # fmt: skip
    options = (*options, *codec.options)
    return _with_parameter(options, *codec.joins) if settings.part_of and codec.joins else options


def _with_parameter(options: tuple[str, ...], name: str, parameter: str) -> tuple[str, ...]:
    """Options with one parameter more in that of a name."""
    if name not in options:
        return (*options, name, parameter)
    at = options.index(name) + 1
    return (*options[:at], f"{options[at]}:{parameter}", *options[at + 1 :])
