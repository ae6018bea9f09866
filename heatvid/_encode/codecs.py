"""What writes videos: one row for each encoder of ffmpeg's, and what really works with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log2
from typing import Any, NamedTuple

from heatvid._canvas import Canvas
from heatvid._options.output import PRESETS


class Quality(NamedTuple):
    """The scale of an encoder's quality.

    Attributes
    ----------
    option : str
        ffmpeg's name of it.
    best, worst : int
        Its ends; WebP's best is the larger one.
    at_one, per_doubling : float
        Where fields are off by one level (root of the mean square, of 8 bits), and how far the
        scale goes until they are off by twice as much; of ``python -m benchmarks encoders``.
    """

    option: str
    best: int
    worst: int
    at_one: float
    per_doubling: float

    def at(self, levels: float) -> float:
        """Where pixels are off by about so many levels."""
        place = self.at_one + self.per_doubling * log2(levels)
        low, high = sorted((self.best, self.worst))
        return min(max(round(place, 1), low), high)


@dataclass(frozen=True)
class Codec:
    """One of ffmpeg's encoders, and what it takes.

    Attributes
    ----------
    name : str
        Of the codec, as it is asked for.
    encoder : str
        ffmpeg's name of the encoder.
    lossy : mapping of str to str
        For pixel formats of a canvas those that are stored. A stored format differs where the
        encoder orders the same samples another way.
    exact : mapping of str to str
        The same, where what is decoded are the bytes that were written.
    lossless : tuple of str
        ffmpeg's options for that.
    quality : Quality or None
    options : tuple of str
        ffmpeg's options that are always given.
    speeds : tuple of tuple of str
        ffmpeg's options for x264's ten presets, ultrafast to placebo; none where it has one speed.
    smallest, largest : int
        Pixels that a side may have.
    thin : int
        Pixels that a side may have where the other has less than 4.
    most_fps : int
        Frames a second.
    full_range : bool
        Whether full range of YCbCr comes back.
    since : tuple of int
        ffmpeg's version from which on it can be relied on.
    hardware : bool
        Whether it runs on a device, which may not be there though ffmpeg lists it.
    joins : (str, str) or None
        An option of ffmpeg's, and a parameter more in it, without which parts of one video would
        differ in their headers.
    """

    name: str
    encoder: str
    lossy: Mapping[str, str] = field(default_factory=dict)
    exact: Mapping[str, str] = field(default_factory=dict)
    lossless: tuple[str, ...] = ()
    quality: Quality | None = None
    options: tuple[str, ...] = ()
    speeds: tuple[tuple[str, ...], ...] = ()
    smallest: int = 1
    largest: int = 65535
    thin: int = 65535
    most_fps: int = 1000
    full_range: bool = True
    since: tuple[int, ...] = ()
    hardware: bool = False
    joins: tuple[str, str] | None = None

    def formats(self, lossless: bool) -> Mapping[str, str]:
        """Pixel formats of a canvas to those stored."""
        return self.exact if lossless else self.lossy

    def takes(self, canvas: Canvas) -> bool:
        """Whether it takes frames of this size."""
        sides = canvas.height, canvas.width
        largest = self.largest if min(sides) >= 4 else min(self.thin, self.largest)
        return self.smallest <= min(sides) and max(sides) <= largest


def _same(*formats: str, **stored: str) -> dict[str, str]:
    return {**{each: each for each in formats}, **stored}


X264_PRESETS = PRESETS[1:]
_BY_NAME = tuple(("-preset", name) for name in X264_PRESETS)
# Presets 7 and faster leave patches of wrong colour in smooth fields, which no crf mends.
_SVT = tuple(("-preset", str(n)) for n in (6, 6, 6, 6, 6, 5, 4, 3, 2, 1))
_AOM = tuple(("-cpu-used", str(n), "-row-mt", "1") for n in (8, 8, 7, 6, 5, 4, 3, 2, 1, 0))
# Above 5 only the realtime mode knows speeds.
_VPX = tuple(
    ("-deadline", "realtime" if n > 5 else "good", "-cpu-used", str(n), "-row-mt", "1")
    for n in (8, 7, 6, 5, 4, 3, 2, 1, 0, 0)
)
_NVENC = tuple(("-preset", f"p{n}") for n in (1, 1, 2, 3, 4, 4, 5, 6, 7, 7))
_QSV = tuple(("-preset", name) for name in ("veryfast",) * 3 + X264_PRESETS[3:9] + ("veryslow",))
_STITCHABLE = ("-x264-params", "stitchable=1")
_YUV420 = _same("yuv420p", nv12="yuv420p")
_FFV1 = _same(
    "yuv420p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le", "yuva420p", "gray",
    "gray12le", "gray16le", nv12="yuv420p", rgb24="bgr0", rgba="bgra",
)  # fmt: skip

_X265: dict[str, Any] = {
    # With larger blocks, those of presets from veryfast on, some samples come back wrong.
    "lossless": ("-x265-params", "lossless=1:ctu=16:log-level=warning"),
    "quality": Quality("-crf", 0, 51, 14, 7),
    "options": ("-tag:v", "hvc1"),
    "speeds": (*_BY_NAME[:-1], _BY_NAME[-2]),  # placebo refuses sides of less than 32 pixels
    "largest": 16384,
}

# The first of a name that is there and takes the frames writes them.
CODECS = (
    Codec(
        "h264", "libx264",
        lossy=_same("yuv420p", "nv12", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le"),
        exact=_same("yuv420p", "nv12", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le"),
        lossless=("-qp", "0"), quality=Quality("-crf", 0, 51, 15, 8), speeds=_BY_NAME,
        largest=16384, joins=_STITCHABLE,
    ),
    Codec("h264", "libx264rgb", exact=_same("rgb24"), lossless=("-qp", "0"), speeds=_BY_NAME,
          largest=16384, joins=_STITCHABLE),
    Codec("hevc", "libx265", lossy=_same(**_YUV420, yuv444p="yuv444p"),
          exact=_same(**_YUV420, **_same("yuv444p", "gray", "gray12le", rgb24="gbrp")),
          smallest=16, **_X265),
    # Of 10 bits it aborts at some sizes that are smaller.
    Codec("hevc", "libx265", lossy=_same("yuv420p10le", "yuv422p10le", "yuv444p10le"),
          exact=_same("yuv420p10le", "yuv422p10le", "yuv444p10le"), smallest=64, **_X265),
    Codec(
        "av1", "libsvtav1", lossy=_same(**_YUV420, yuv420p10le="yuv420p10le"),
        quality=Quality("-crf", 1, 63, 21, 14), speeds=_SVT, smallest=64, largest=8192,
        most_fps=240,
    ),
    # Of fewer pixels its lossy frames stay as the first one was.
    Codec(
        "av1", "libaom-av1",
        lossy=_same(**_YUV420, **_same("yuv444p", "yuv420p10le", "yuv444p10le")),
        quality=Quality("-crf", 1, 63, 16, 14), options=("-b:v", "0"), speeds=_AOM, smallest=16,
        since=(5,),
    ),
    Codec(
        "av1", "libaom-av1",
        exact=_same(**_YUV420, **_same("yuv444p", "yuv420p10le", "yuv444p10le", rgb24="gbrp")),
        lossless=("-crf", "0", "-b:v", "0"), speeds=_AOM, since=(5,),
    ),
    # Noise in thinner, longer frames is more than its buffer takes ("output buffer full").
    Codec(
        "vp9", "libvpx-vp9",
        lossy=_same(**_YUV420, **_same("yuv444p", "yuv420p10le", "yuva420p")),
        exact=_same(**_YUV420, **_same("yuv444p", "yuv420p10le", "yuva420p", rgb24="gbrp")),
        lossless=("-lossless", "1"), quality=Quality("-crf", 0, 63, 18, 14),
        options=("-b:v", "0"), speeds=_VPX, thin=256,
    ),
    # Of 7 pixels or less its slices come back wrong (4.2, 7.0) or fail (9.0).
    Codec("ffv1", "ffv1", exact=_FFV1, options=("-level", "3", "-slicecrc", "1"), smallest=8),
    Codec("ffv1", "ffv1", exact=_same("gray", "gray12le", "gray16le"), options=("-level", "1")),
    Codec(
        "prores", "prores_ks", lossy=_same("yuv422p10le", "yuv444p10le", "yuva444p10le"),
        options=("-vendor", "apl0"), largest=16384, full_range=False,
    ),
    Codec("apng", "apng", exact=_same("rgb24", "rgba", "gray", gray16le="gray16be"),
          options=("-pred", "up")),
    Codec("gif", "gif", lossy=_same(rgb24="pal8"), exact=_same("pal8", rgb24="pal8")),
    # It makes its own luma and chroma, by BT.601. Its relative that compares frames, libwebp_anim,
    # leaves out those that are as the one before, which nobody could count then.
    Codec(
        "webp", "libwebp", lossy=_same(rgb24="bgra", rgba="bgra"),
        exact=_same(rgb24="bgra", rgba="bgra"), lossless=("-lossless", "1"),
        quality=Quality("-quality", 100, 0, 95, -10), largest=16383,
    ),
    *(
        Codec(name, f"{name}_{maker}", lossy=formats, quality=Quality(option, 1, 51, at_one, 5.5),
              options=more, speeds=speeds, smallest=160, largest=4096 if name == "h264" else 8192,
              hardware=True)
        for name in ("h264", "hevc", "av1")
        for maker, option, at_one, more, speeds, formats in (
            ("nvenc", "-cq", 16.0, ("-rc", "vbr", "-b:v", "0"), _NVENC, _same("yuv420p", "nv12")),
            ("qsv", "-global_quality", 16.0, (), _QSV, _same("nv12", yuv420p="nv12")),
            ("videotoolbox", "-q:v", 30.0, (), (), _same("yuv420p", "nv12")),
            ("amf", "-qp_i", 16.0, ("-rc", "cqp"), (), _same("yuv420p", "nv12")),
        )
    ),
)  # fmt: skip
NAMES = tuple(dict.fromkeys(codec.name for codec in CODECS))
