"""Every option once: its name, default, check, help and command-line form.

The Python functions take these as keyword arguments, the command line as ``--name-with-dashes``;
both run the same checks.
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from fractions import Fraction
from typing import Any

from heatvid._errors import OptionError
from heatvid._options import checks
from heatvid._options.checks import MODES, NORMS, Check
from heatvid._options.rules import check_together

PRESETS = (
    "auto", "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower",
    "veryslow", "placebo",
)  # fmt: skip
# As heatvid._encode.codecs has them.
CODECS = ("h264", "hevc", "av1", "vp9", "ffv1", "prores", "apng", "gif", "webp")
FORMATS = ("mp4", "m4v", "mov", "mkv", "webm", "gif", "apng", "webp", "avif", "png")  # suffixes
HARDWARE = ("never", "try", "require")
DITHERS = ("none", "bayer", "floyd_steinberg", "sierra2_4a")  # of ffmpeg's paletteuse
RAW = (
    "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32",
    "float64", "bool",
)  # fmt: skip
BACKENDS = ("cuda", "numba", "numpy")  # fastest first, as heatvid.backends has them


def _option(
    default: Any, group: str, check: Check, help: str, *, metavar: str = "", nargs: int = 0
) -> Any:
    metadata = {"group": group, "check": check, "help": help, "metavar": metavar, "nargs": nargs}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What can be asked for; values are checked and brought to their plain form."""

    key: str | None = _option(
        None, "input", checks.text, "array in a file that holds several", metavar="NAME"
    )
    layout: str | None = _option(
        None, "input", checks.text, "order of the axes, such as THW, THWC, TCHW or HW",
        metavar="AXES",
    )  # fmt: skip
    channel: int | str | None = _option(
        None, "input", checks.channel,
        "which channel to show, or what to make of all: " + ", ".join(MODES), metavar="N|MODE",
    )  # fmt: skip
    frames: Any = _option(
        None, "input", checks.some_frames, "which frames to take, as a Python slice",
        metavar="START:STOP:STEP",
    )  # fmt: skip
    select: Any = _option(
        None, "input", checks.select,
        "where on dimensions beyond time, rows and columns, such as level=500",
        metavar="DIM=PLACE", nargs=-1,
    )  # fmt: skip
    nodata: float | None = _option(
        None, "input", checks.number(), "the value that stands for none", metavar="X"
    )
    scale: float | None = _option(
        None, "input", checks.number(), "values are multiplied by this", metavar="A"
    )
    offset: float | None = _option(
        None, "input", checks.number(), "is added to values, when they are scaled", metavar="B"
    )
    flip: str | None = _option(
        None, "input", checks.choice("vertical", "horizontal"),
        "turns frames upside down, or left to right",
    )  # fmt: skip
    raw: str | None = _option(
        None, "input", checks.choice(*RAW),
        "the source is bare values of this kind: a file, or - for standard input",
    )  # fmt: skip
    shape: Any = _option(
        None, "input", checks.shape, "of raw values, the first axis first", metavar="TxHxW"
    )
    skip_bytes: int | None = _option(
        None, "input", checks.integer(0), "bytes before raw values", metavar="N"
    )
    byte_order: str | None = _option(
        None, "input", checks.choice("little", "big"), "of raw values (default little)"
    )

    norm: Any = _option(
        "linear", "values", checks.norm,
        "how values become places on the colour scale: " + ", ".join(NORMS), metavar="NORM",
    )  # fmt: skip
    vmin: float | None = _option(
        None, "values", checks.number(), "value of the first colour", metavar="X"
    )
    vmax: float | None = _option(
        None, "values", checks.number(), "value of the last colour", metavar="X"
    )
    limits: Any = _option(
        None, "values", checks.limits,
        "values of the first and the last colour, as measured before; three pairs for RGB",
        metavar="LO HI", nargs=-1,
    )  # fmt: skip
    percentiles: tuple[float, float] | None = _option(
        None, "values", checks.percentiles,
        "limits at these percentiles of the data, 0..100, as 1 99",
        metavar="LO HI", nargs=2,
    )  # fmt: skip
    scope: str = _option(
        "sequence", "values", checks.choice("sequence", "frame", "running"),
        "limits found over all frames, over each, or following smoothly",
    )  # fmt: skip

    gamma: float = _option(
        1.0, "values", checks.number(1e-6, 1e6), "exponent of the power norm", metavar="X"
    )
    center: float = _option(
        0.0, "values", checks.number(), "value in the middle of the centered norm", metavar="X"
    )
    linthresh: float | None = _option(
        None, "values", checks.number(1e-300),
        "where the symlog norm turns linear; by default 1/100 of the farther limit", metavar="X",
    )  # fmt: skip
    smooth: float = _option(
        0.0, "values", checks.number(0, 1000),
        "Gaussian smoothing of the field, sigma in its own pixels",
        metavar="SIGMA",
    )  # fmt: skip

    cmap: Any = _option(
        None, "colour",
        checks.later("a name, a Colormap object, a list of colours, or an array (N, 3) or (N, 4)"),
        "colormap of `heatvid cmaps`; own: an image's palette (default inferno; tab10 for labels)",
        metavar="NAME",
    )  # fmt: skip
    under: Any = _option(
        None, "colour", checks.color, "colour of values under vmin", metavar="COLOUR"
    )
    over: Any = _option(
        None, "colour", checks.color, "colour of values over vmax", metavar="COLOUR"
    )
    bad: Any = _option(
        None, "colour", checks.color, "colour of NaN, 'transparent' among them (default black)",
        metavar="COLOUR",
    )  # fmt: skip
    label_colors: Any = _option(
        None, "colour", checks.label_colors, "colours of single labels, 'transparent' among them",
        metavar="LABEL=COLOUR", nargs=-1,
    )  # fmt: skip
    outlines: int = _option(
        0, "colour", checks.integer(0, 64), "width of the lines between labels, in pixels",
        metavar="N",
    )  # fmt: skip
    outline_color: Any = _option(
        "white", "colour", checks.color, "colour of the lines between labels", metavar="COLOUR"
    )

    background: Any = _option(
        None, "blending", checks.later(),
        "what lies under the field: a colour, image, folder or glob of images, video or array",
        metavar="WHAT",
    )  # fmt: skip
    background_frames: Any = _option(
        None, "blending", checks.some_frames,
        "which of the background's pictures to take, as a Python slice",
        metavar="START:STOP:STEP",
    )  # fmt: skip
    alpha: float | None = _option(
        None, "blending", checks.number(0, 1),
        "opacity of the field, 0..1; by default 0.5 over a background, else 1", metavar="X",
    )  # fmt: skip
    alpha_ramp: tuple[float, float] | None = _option(
        None, "blending", checks.ascending,
        "values, or lengths of flow, at which the field is transparent, and full",
        metavar="LO HI", nargs=2,
    )  # fmt: skip
    alpha_mask: Any = _option(
        None, "blending", checks.later("what predictions are read from"),
        "opacity of each pixel, 0..1 (uint8: 0..255), one for all frames or one a frame; of "
        "several channels the alpha",
        metavar="WHAT",
    )  # fmt: skip
    blend: str = _option(
        "over", "blending", checks.choice("over", "multiply", "screen", "lighten", "darken", "add"),
        "how the field's colours meet the background's",
    )  # fmt: skip
    fit: str = _option(
        "stretch", "blending", checks.choice("stretch", "letterbox", "crop"),
        "how a field of another aspect lies on its background",
    )  # fmt: skip
    resample: str | None = _option(
        None, "blending", checks.choice("nearest", "bilinear", "bicubic"),
        "how a field is brought to its background's size (default bilinear; nearest for labels)",
    )  # fmt: skip

    format: str | None = _option(
        None, "output", checks.choice(*FORMATS), "of a file object, or of - (standard output)"
    )
    like: str | None = _option(
        None, "output", checks.path,
        "a video or PNG that heatvid wrote, whose limits, colours, norm and the like are the "
        "defaults", metavar="FILE",
    )  # fmt: skip
    fps: Fraction | None = _option(
        None, "output", checks.frame_rate,
        "frames a second; by default those of a video that is read, else 30",
        metavar="N[/D]",
    )  # fmt: skip
    codec: str | None = _option(
        None, "output", checks.choice(*CODECS),
        "what encodes the video: h264, hevc, av1, vp9, ffv1 (.mkv) or prores (.mov); by default "
        "what plays everywhere, h264, in .webm vp9, without loss in .mkv ffv1",
    )  # fmt: skip
    quality: float | None = _option(
        None, "output", checks.number(0.1, 32),
        "error that is allowed, in levels of 0..255 (root of the mean square), with every codec: "
        "1 looks as the colormap, 2 and more make small files",
        metavar="LEVELS",
    )  # fmt: skip
    crf: float | None = _option(
        None, "output", checks.number(0, 63),
        "quality on the codec's own scale, 0 (best) to 51, for VP9 and AV1 to 63; by default what "
        "looks as H.264 does at 18",
        metavar="N",
    )  # fmt: skip
    preset: str = _option(
        "auto", "output", checks.choice(*PRESETS),
        "speed of the encoder against size: auto is made for fields, the others are x264's",
    )  # fmt: skip
    encoder_threads: int | None = _option(
        None, "output", checks.integer(1, 64),
        "threads that encode; by default the encoder chooses", metavar="N",
    )  # fmt: skip
    hardware: str = _option(
        "never", "output", checks.choice(*HARDWARE),
        "encoders of graphics cards: never, try them first, or require one",
    )  # fmt: skip
    pix_fmt: str | None = _option(
        None, "output",
        checks.choice("yuv420p", "yuv422p", "yuv444p", "nv12", "rgb24", "gray", "gray12le",
            "gray16le"),
        "pixels of the output; yuv420p, or rgb24 where lossless; yuv444p has colour at each pixel, "
        "yuv422p (of 10 bits) at each pair, nv12 is yuv420p in the order of hardware encoders, "
        "gray ones hold values",
    )  # fmt: skip
    bits: int = _option(
        8, "output", checks.one_of(8, 10),
        "bits of a level; 10 show 1,024 colours of a colormap, without bands in smooth fields",
        metavar="8|10",
    )  # fmt: skip
    encode_depth: str | None = _option(
        None, "output", checks.choice("lerobot"),
        "store depth itself, not its colours: metres (integers: millimetres) from vmin (0.01) to "
        "vmax (10) as LeRobot does, 12 bits in HEVC (.mp4, .mkv)",
    )  # fmt: skip
    transparent: bool = _option(
        False, "output", checks.flag,
        "keep what is see-through, NaN among it, as alpha (.webm, .mov, .apng, .webp, .png)",
    )  # fmt: skip
    range: str = _option(
        "tv", "output", checks.choice("tv", "pc"), "limited or full range of luma and chroma"
    )
    lossless: bool = _option(
        False, "output", checks.flag, "keep every level (.mp4, .mkv, .webm, .webp, .gif)"
    )
    loop: int = _option(
        0, "output", checks.integer(0, 65535),
        "how often a .gif, .apng, .webp or .avif plays; 0 is for ever", metavar="N",
    )  # fmt: skip
    dither: str | None = _option(
        None, "output", checks.choice(*DITHERS),
        "how a .gif shows what has more than 256 colours, such as fields over pictures: each pixel "
        "in the nearest (none, the default), or mixed",
    )  # fmt: skip
    audio: bool = _option(
        False, "output", checks.flag,
        "keep the sound of the background, a video, in step with the pictures that are taken",
    )  # fmt: skip
    start_number: int = _option(
        0, "output", checks.integer(0, 999_999_999),
        "number of the first of numbered pictures; earlier ones of smaller numbers stay",
        metavar="N",
    )  # fmt: skip
    overwrite: bool = _option(False, "output", checks.flag, "replace an existing output")

    backend: str = _option(
        "auto", "running", checks.choice("auto", *BACKENDS), "what computes the pixels"
    )
    device: int | None = _option(
        None, "running", checks.integer(0),
        "which GPU, by its number; by default the one that holds the data, else the first",
        metavar="N",
    )  # fmt: skip
    batch_size: int | None = _option(
        None, "running", checks.integer(1), "frames in a batch; by default about 16 MB", metavar="N"
    )
    threads: int | None = _option(
        None, "running", checks.integer(1, 256),
        "threads that render; by default the cores, up to 8; half where the encoder does the most",
        metavar="N",
    )  # fmt: skip
    progress: bool | None = _option(
        None, "running", checks.flag, "show progress; by default on a terminal only"
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            value = option.default if value is None else value
            if value is not None:
                value = option.metadata["check"](option.name, value)
            object.__setattr__(self, option.name, value)


def make_options(given: Mapping[str, Any], *, allowed: Sequence[str] = ()) -> Options:
    """Build options from keyword arguments, and check that they make sense together.

    Names that do not exist are an error that guesses.
    """
    options = each_checked(given, allowed=allowed)
    check_together(options)
    if hint := checks.meant_as_fractions(options.percentiles or ()):
        warnings.warn(hint, stacklevel=3)
    return options


def each_checked(given: Mapping[str, Any], *, allowed: Sequence[str] = ()) -> Options:
    """Build options of which each is allowed by itself."""
    names = allowed or [option.name for option in fields(Options)]
    for name in given:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            guess = f"did you mean {close[0]!r}? " if close else ""
            raise OptionError(f"{name}: no such option; {guess}allowed are {', '.join(names)}")
    return Options(**given)


def option_fields(groups: Iterable[str] = ()) -> list[Field[Any]]:
    """The options' fields, all, or those of the groups and the single names given."""
    wanted = tuple(groups)
    return [
        o for o in fields(Options)
        if not wanted or o.metadata["group"] in wanted or o.name in wanted
    ]  # fmt: skip
