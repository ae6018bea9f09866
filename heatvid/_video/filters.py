"""What stands between a decoder and a canvas: ffmpeg's filters, matrices and ranges."""

from __future__ import annotations

import re

from heatvid._canvas import Canvas, ColorRange
from heatvid._video.info import VideoInfo

_DEEP_GRAY = re.compile(r"(gray(?:9|10|12|14|16))(?:le|be)")
# Black and white of limited range in 16 bits; the scale filter takes RGB for 1/256 brighter.
_LIMITED, _LIMITED_OF_RGB = (4096, 60160), (4096, 60379)
_PACKED_IN_TWO_BYTES = re.compile(r"(rgb|bgr)(444|555|565)")
_HD_LINES = 720  # from here up players take untagged video for BT.709, below for BT.601
# ffmpeg's names of matrices, as the scale filter of every version calls them
_MATRICES = {
    "bt709": "bt709",
    "bt470bg": "bt601",
    "smpte170m": "bt601",
    "fcc": "fcc",
    "smpte240m": "smpte240m",
    "bt2020nc": "bt2020",
    "bt2020c": "bt2020",
}


def canvas_filters(info: VideoInfo, canvas: Canvas) -> tuple[list[str], str]:
    """Choose the filters and ffmpeg's name of the pixels; no filter where none is needed."""
    wanted = (canvas.content_height, canvas.content_width, canvas.color_range, "bt709")
    # Pairs of nv12 are made of planes here, so that no conversion of ffmpeg touches them.
    pixel_format = "yuv420p" if canvas.subsampled else canvas.pixel_format
    if (
        info.pixel_format in (pixel_format, pixel_format.replace("yuv", "yuvj"))
        and pixel_format != "rgb24"
        and (info.height, info.width, _range(info), _matrix(info)) == wanted
    ):
        return [], info.pixel_format
    out_range: ColorRange = "pc" if pixel_format == "rgb24" else canvas.color_range
    height, width = canvas.content_height, canvas.content_width
    scale = _scale(info, height, width, "bt709", out_range)
    return [scale, f"format={pixel_format}"], pixel_format


def luma_filters(info: VideoInfo) -> tuple[list[str], str, tuple[int, int] | None]:
    """Take the values of a gray video, or the luma that is stored, BT.709's of an RGB video.

    Luma by way of YUV: what matrix a conversion to gray means differs between versions.

    Returns
    -------
    filters : list of str
    pixel_format : str
        ffmpeg's name of what comes out: ``gray``, or with 16 bits a value where the video has
        more than 8.
    levels : (int, int) or None
        Values of black and white that are still to be stretched to 0 and 65535: the filters that
        could do so miss white by 1/256, ``scale`` in FFmpeg 4 and ``lut`` in every version.
    """
    if gray := _DEEP_GRAY.fullmatch(info.pixel_format):
        return [], f"{gray[1]}le", None
    size = info.height, info.width
    matrix = _matrix(info) if _is_yuv(info) else "bt709"
    if not _is_deep(info):
        scale = _scale(info, *size, matrix, "pc")
        return [scale, "format=yuv444p", "extractplanes=y"], "gray", None
    to_luma = ["format=yuv444p16le", "extractplanes=y"]
    if _is_yuv(info):
        stored = _range(info)
        levels = _LIMITED if stored == "tv" else None
        return [_scale(info, *size, matrix, stored), *to_luma], "gray16le", levels
    # Packed first: of planes of RGB, FFmpeg 4 makes a luma that is too bright.
    steps = ["format=rgb48le", _scale(info, *size, matrix, "tv"), *to_luma]
    return steps, "gray16le", _LIMITED_OF_RGB


def gray_bits(pixel_format: str) -> int:
    """Bits of a value, of what :func:`luma_filters` gives."""
    return int(pixel_format.removeprefix("gray").removesuffix("le") or 8)


def _is_deep(info: VideoInfo) -> bool:
    """Whether samples have more than 8 bits, which then have an order of bytes."""
    name = info.pixel_format
    return name.endswith(("le", "be")) and not _PACKED_IN_TWO_BYTES.match(name)


def _scale(info: VideoInfo, height: int, width: int, matrix: str, out_range: ColorRange) -> str:
    """Scale and convert; the matrices and ranges are explicit, since defaults differ.

    Bilinear as for arrays; and it makes chroma the mean of its four pixels, where bicubic, on its
    way from matrix to matrix, smears it over its neighbours.
    """
    options = [f"{width}:{height}", "flags=bilinear+accurate_rnd+full_chroma_int+bitexact"]
    if _is_yuv(info):
        options += [f"in_color_matrix={_matrix(info)}", f"in_range={_range(info)}"]
    return "scale=" + ":".join([*options, f"out_color_matrix={matrix}", f"out_range={out_range}"])


def _is_yuv(info: VideoInfo) -> bool:
    return info.pixel_format.startswith(("yuv", "nv", "p0", "p2", "p4", "gray", "uyvy", "yuyv"))


def _range(info: VideoInfo) -> ColorRange:
    return info.color_range or "tv"


def _matrix(info: VideoInfo) -> str:
    """The matrix as tagged, else the one that players assume."""
    assumed = "bt709" if info.height >= _HD_LINES else "bt601"
    return _MATRICES.get(info.matrix or "", assumed)
