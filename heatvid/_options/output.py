"""Options of what is written, and of what does the work."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from heatvid._options import checks
from heatvid._options.option import option

PRESETS = (
    "auto", "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower",
    "veryslow", "placebo",
)  # fmt: skip
# As heatvid._encode.codecs has them.
CODECS = ("h264", "hevc", "av1", "vp9", "ffv1", "prores", "apng", "gif", "webp")
FORMATS = (  # suffixes
    "mp4", "m4v", "mov", "mkv", "webm", "gif", "apng", "webp", "avif", "png", "jpg", "tif", "exr",
    "html",
)  # fmt: skip
HARDWARE = ("never", "try", "require")
DITHERS = ("none", "bayer", "floyd_steinberg", "sierra2_4a")  # of ffmpeg's paletteuse
BACKENDS = ("cuda", "numba", "numpy")  # fastest first, as heatvid.backends has them


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """What is written."""

    format: str | None = option(
        None, "output", checks.choice(*FORMATS), "of a file object, or of - (standard output)"
    )
    like: str | None = option(
        None, "output", checks.path,
        "a video or picture that heatvid wrote, whose limits, colours, norm, colourbar and the "
        "like are the defaults", metavar="FILE",
    )  # fmt: skip
    fps: Fraction | None = option(
        None, "output", checks.frame_rate,
        "frames a second; by default those of a video that is read, else 30",
        metavar="N[/D]",
    )  # fmt: skip
    codec: str | None = option(
        None, "output", checks.choice(*CODECS),
        "what encodes the video: h264, hevc, av1, vp9, ffv1 (.mkv) or prores (.mov); by default "
        "what plays everywhere, h264, in .webm vp9, without loss in .mkv ffv1",
    )  # fmt: skip
    quality: float | None = option(
        None, "output", checks.number(0.1, 32),
        "error that is allowed, in levels of 0..255 (root of the mean square), with every codec: "
        "1 looks as the colormap, 2 and more make small files",
        metavar="LEVELS",
    )  # fmt: skip
    crf: float | None = option(
        None, "output", checks.number(0, 63),
        "quality on the codec's own scale, 0 (best) to 51, for VP9 and AV1 to 63; by default what "
        "looks as H.264 does at 18",
        metavar="N",
    )  # fmt: skip
    preset: str = option(
        "auto", "output", checks.choice(*PRESETS),
        "speed of the encoder against size: auto is made for fields, the others are x264's",
    )  # fmt: skip
    encoder_threads: int | None = option(
        None, "output", checks.integer(1, 64),
        "threads that encode; by default the encoder chooses", metavar="N",
    )  # fmt: skip
    hardware: str = option(
        "never", "output", checks.choice(*HARDWARE),
        "encoders of graphics cards: never, try them first, or require one",
    )  # fmt: skip
    pix_fmt: str | None = option(
        None, "output",
        checks.choice("yuv420p", "yuv422p", "yuv444p", "nv12", "rgb24", "gray", "gray12le",
            "gray16le"),
        "pixels of the output; yuv420p, or rgb24 where lossless; yuv444p has colour at each pixel, "
        "yuv422p (of 10 bits) at each pair, nv12 is yuv420p in the order of hardware encoders, "
        "gray ones hold values",
    )  # fmt: skip
    bits: int = option(
        8, "output", checks.one_of(8, 10, 16),
        "bits of a level; 10 show 1,024 colours of a colormap, without bands in smooth fields; 16 "
        "are those of values in a page, with exact",
        metavar="8|10|16",
    )  # fmt: skip
    encode_depth: str | None = option(
        None, "output", checks.choice("lerobot"),
        "store depth itself, not its colours: metres (integers: millimetres) from vmin (0.01) to "
        "vmax (10) as LeRobot does, 12 bits in HEVC (.mp4, .mkv)",
    )  # fmt: skip
    transparent: bool = option(
        False, "output", checks.flag,
        "keep what is see-through, NaN among it, as alpha (.webm, .mov, .apng, .webp, .png)",
    )  # fmt: skip
    range: str = option(
        "tv", "output", checks.choice("tv", "pc"), "limited or full range of luma and chroma"
    )
    lossless: bool = option(
        False, "output", checks.flag, "keep every level (.mp4, .mkv, .webm, .webp, .gif)"
    )
    exact: bool = option(
        False, "output", checks.flag, "keep every value of a page (.html) to half a step"
    )
    cmaps: str | None = option(
        None, "output", checks.text,
        "colormaps that a page (.html) offers beside its own, with commas between them",
        metavar="NAMES",
    )  # fmt: skip
    loop: int = option(
        0, "output", checks.integer(0, 65535),
        "how often a .gif, .apng, .webp or .avif plays; 0 is for ever", metavar="N",
    )  # fmt: skip
    dither: str | None = option(
        None, "output", checks.choice(*DITHERS),
        "how a .gif shows what has more than 256 colours, such as fields over pictures: each pixel "
        "in the nearest (none, the default), or mixed",
    )  # fmt: skip
    audio: bool = option(
        False, "output", checks.flag,
        "keep the sound of the background, a video, in step with the pictures that are taken",
    )  # fmt: skip
    start_number: int = option(
        0, "output", checks.integer(0, 999_999_999),
        "number of the first of numbered pictures; earlier ones of smaller numbers stay",
        metavar="N",
    )  # fmt: skip
    overwrite: bool = option(False, "output", checks.flag, "replace an existing output")


@dataclass(frozen=True, kw_only=True)
class RunningOptions:
    """What does the work."""

    backend: str = option(
        "auto", "running", checks.choice("auto", *BACKENDS), "what computes the pixels"
    )
    device: int | None = option(
        None, "running", checks.integer(0),
        "which GPU, by its number; by default the one that holds the data, else the first",
        metavar="N",
    )  # fmt: skip
    batch_size: int | None = option(
        None, "running", checks.integer(1), "frames in a batch; by default about 16 MB", metavar="N"
    )
    threads: int | None = option(
        None, "running", checks.integer(1, 256),
        "threads that render; by default the cores, up to 8; half where the encoder does the most",
        metavar="N",
    )  # fmt: skip
    segments: int | None = option(
        None, "running", checks.integer(1, 10_000),
        "parts of a long video that are rendered side by side, in processes of their own, and "
        "joined (.mp4, .mov, .mkv, .webm)", metavar="N",
    )  # fmt: skip
    progress: bool | None = option(
        None, "running", checks.flag, "show progress; by default on a terminal only"
    )
