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
        *_tags(canvas),
        *(() if settings.threads is None else ("-threads", str(settings.threads))),
        *(() if settings.key_frames is None else ("-g", str(settings.key_frames))),
        *_loop(settings),
        *(("-metadata", f"comment={settings.comment}") if settings.comment else ()),
        *CONTAINERS[settings.suffix].options,
        *("-y", file_url(temporary)),
    ]


def _loop(settings: OutputSettings) -> tuple[str, ...]:
    option = CONTAINERS[settings.suffix].loop
    if not option:
        return ()
    plays = settings.loop
    return option, str(plays_as_loop(plays) if settings.suffix == ".gif" else plays)


def _tags(canvas: Canvas) -> list[str]:
    """Say what the pixels are, without touching them.

    ``setparams`` is what ffmpeg 9 believes, the ``-color`` options what 4.2 writes; each alone
    fails on one of them. Gray samples are values: only their range is known.
    """
    if canvas.has_palette:  # whose colours come with it
        return []
    if canvas.is_gray:
        return ["-color_range", "pc", "-vf", "setparams=range=pc"]
    rgb = canvas.is_rgb
    color_range = "pc" if rgb else canvas.color_range
    return [
        *("-color_range", color_range, "-colorspace", "rgb" if rgb else "bt709"),
        *("-color_primaries", "bt709", "-color_trc", "iec61966-2-1"),
        *(("-chroma_sample_location", "center") if canvas.subsampled else ()),
        "-vf",
        f"setparams=range={color_range}:color_primaries=bt709:color_trc=iec61966-2-1"
        f":colorspace={'gbr' if rgb else 'bt709'}",
    ]


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
    return (*options, *codec.options)
