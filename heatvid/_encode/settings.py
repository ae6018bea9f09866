"""What is to be written, where and how: checked settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from heatvid._canvas import Canvas
from heatvid._encode.choosing import able
from heatvid._encode.codecs import X264_PRESETS, Codec
from heatvid._encode.containers import CONTAINERS, are_pictures, check_suffix, suffix_of
from heatvid._encode.numbered_name import NumberedName, read_name
from heatvid._encode.picture_kinds import PICTURES
from heatvid._encode.tuning import Content, looks
from heatvid._errors import AnyPath, OptionError
from heatvid._video.sound import Sound

_LARGEST_AREA = 1 << 28  # of (height + 128) * (width + 128): ffmpeg's av_image_check_size
_LARGEST_FPS = 1000  # Matroska and WebM count milliseconds
_LARGEST_TERM = 1_001_000  # of a rate's fraction: ffmpeg's av_parse_video_rate
_LARGEST_LOOP = 65535


@dataclass(frozen=True)
class OutputSettings:
    """What to encode and how; checked when made.

    Attributes
    ----------
    output : path
        The file; its suffix chooses the container, a key of ``CONTAINERS``. Or numbered pictures,
        whose suffix is one of ``PICTURES``, ``frames/%05d.png``: the file name holds one ``%d`` or
        ``%05d``, counted from ``start_number``, and ``%%`` for a percent sign; without a number it
        is one picture of one frame.
    canvas : Canvas
        Pixel format, size and range of the frames that will be written. In a video ``rgb24``
        needs ``lossless``; ``gray`` and ``gray16le`` go to .mkv, .apng, .png and .tif, without
        loss, ``pal8`` to .gif. ``nv12`` is stored as yuv420p; ``yuv444p`` as H.264 High 4:4:4 or
        VP9 profile 1, which fewer players know.
    fps : Fraction
        Frames a second, exact, above 0 and up to 1000.
    crf : float or None
        Quality on the codec's own scale, 0 (best) to 51 or 63; unused when lossless. None for
        what looks as x264 does at 18.
    preset : str
        ``auto``, or x264's name of a speed, ``ultrafast`` to ``placebo``; mapped to those of other
        codecs.
    lossless : bool
        Decodes to the bytes that were written: x264 ``-qp 0``, in .mkv FFV1, in .webm VP9.
        (FFV1 cannot do colours of a few pixels: x264 again.) PNG and gray are lossless anyway.
    overwrite : bool
        Whether an existing file may be replaced; of a pattern those that new frames are named
        after, and larger numbers where they are what an earlier render of it left.
    threads : int or None
        Of the encoder; None leaves it to choose.
    codec : str or None
        The codec's name; None for the container's usual one.
    quality : float or None
        Error that is allowed, the root of its mean square in levels of 8 bits; instead of crf.
    hardware : {"never", "try", "require"}
        Whether a hardware encoder is used.
    content : {"field", "labels", "pictures", "values"}
        What is drawn: a field alone, labels alone, or either over pictures, or values for a page;
        for ``preset="auto"``.
    sound : Sound or None
        What is heard beside it, in a video only.
    loop : int
        How often a moving picture plays, 0 for ever; where its container says so.
    dither : str or None
        How colours are mixed that a GIF has no place for.
    palette : bytes
        Of a canvas that has one: red, green and blue of up to 256 colours.
    length : int or None
        Frames that will come, where that is known.
    comment : str
        What the output says of itself, in ASCII; empty for nothing.
    start_number : int
        Of the first numbered picture.
    key_frames : int or None
        Frames from one that is decoded by itself to the next, at most; None leaves it to the
        encoder.
    part_of : str
        Name of the video that it is a part of, to be joined with others; "" where it is none.

    Raises
    ------
    OptionError
        A value is not allowed, or values contradict each other.
    """

    output: AnyPath
    canvas: Canvas
    fps: Fraction
    crf: float | None = None
    preset: str = "auto"
    lossless: bool = False
    overwrite: bool = False
    threads: int | None = None
    codec: str | None = None
    quality: float | None = None
    hardware: str = "never"
    content: Content = "field"
    sound: Sound | None = None
    loop: int = 0
    dither: str | None = None
    palette: bytes = field(default=b"", repr=False)
    length: int | None = None
    comment: str = ""
    start_number: int = 0
    key_frames: int | None = None
    part_of: str = ""
    encoders: tuple[Codec, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_suffix(self.output)
        object.__setattr__(self, "encoders", tuple(self._able()))
        _check_encoding(self)
        _check_fps(self)
        _check_range(self)
        _check_loop(self)
        _check_area(self.canvas)

    def _able(self) -> list[Codec]:
        if are_pictures(self.output):
            _check_picture(self)
            name = read_name(self.output)
            _check_start(self, isinstance(name, NumberedName))
            return []
        _check_start(self, False)
        rows = able(self.suffix, self.codec, self.canvas, self.lossless)
        return [row for row in rows if self.fps <= row.most_fps] or rows

    @property
    def suffix(self) -> str:
        """The output's suffix, in lower case."""
        return suffix_of(self.output)

    @property
    def exact(self) -> bool:
        """Whether what is written comes back."""
        canvas = self.canvas
        always = canvas.is_gray or canvas.has_palette
        if are_pictures(self.output):
            always = not PICTURES[self.suffix].lossy
        return self.lossless or always

    def looks(self, encoder: Codec) -> bool:
        """Whether the first frames are looked at before the encoder is set."""
        return not self.exact and self.canvas.subsampled and looks(
            encoder, preset=self.preset, content=self.content
        )  # fmt: skip


def _check_picture(settings: OutputSettings) -> None:
    kind, suffix = PICTURES[settings.suffix], settings.suffix
    pixel_format = settings.canvas.pixel_format
    if settings.codec is not None:
        raise OptionError(f"codec is {settings.codec} in {suffix}; allowed is none, in videos only")
    if pixel_format not in kind.formats:
        raise OptionError(
            f"pixel format is {pixel_format} in {suffix}; allowed there are "
            f'{", ".join(kind.formats)}; use pix_fmt="rgb24" (--pix-fmt rgb24)'
        )
    if settings.lossless and not kind.exact:
        exact = [own for own, other in PICTURES.items() if other.exact]
        raise OptionError(
            f"lossless: {kind.name} keeps not every level; allowed are {', '.join(exact)}"
        )
    height, width = settings.canvas.height, settings.canvas.width
    if max(height, width) > kind.largest:
        raise OptionError(
            f"size is {width}x{height}; {kind.name} takes up to {kind.largest} each way; show a "
            "part of the field, or fewer pixels of it"
        )


def _check_start(settings: OutputSettings, numbered: bool) -> None:
    if settings.start_number and not numbered:
        raise OptionError(
            f"start_number is {settings.start_number}; allowed is that for numbered pictures, "
            "frames/%05d.png"
        )


def _check_encoding(settings: OutputSettings) -> None:
    _check_quality(settings)
    if settings.preset not in ("auto", *X264_PRESETS):
        allowed = ", ".join(("auto", *X264_PRESETS))
        raise OptionError(f"preset is {settings.preset!r}; allowed are {allowed}")
    if settings.threads is not None and settings.threads < 1:
        raise OptionError(f"threads is {settings.threads}; allowed is 1 or more")


def _check_quality(settings: OutputSettings) -> None:
    """Refuse a quality beyond the codec's scale."""
    if not settings.encoders:
        return
    name, scale = settings.encoders[0].name, settings.encoders[0].quality
    if settings.crf is None or scale is None:
        return
    if scale.best > scale.worst:
        raise OptionError(f"crf is {settings.crf:g}; allowed is none for {name}, but quality")
    if not scale.best <= settings.crf <= scale.worst:
        raise OptionError(
            f"crf is {settings.crf:g}; allowed for {name} is {scale.best} to {scale.worst}"
        )


def _check_fps(settings: OutputSettings) -> None:
    fps = settings.fps
    most, where = min((row.most_fps for row in settings.encoders), default=_LARGEST_FPS), ""
    if settings.encoders and CONTAINERS[settings.suffix].most_fps < most:
        most, where = CONTAINERS[settings.suffix].most_fps, f" in {settings.suffix}"
    if not 0 < fps <= most:
        raise OptionError(f"fps is {fps}; allowed is more than 0, up to {most}{where}")
    if max(fps.numerator, fps.denominator) > _LARGEST_TERM:
        raise OptionError(
            f"fps is {fps}; allowed are fractions with terms up to {_LARGEST_TERM}, "
            f"{fps.limit_denominator(1001)} say"
        )


def _check_range(settings: OutputSettings) -> None:
    if settings.suffix == ".avif" and settings.canvas.color_range == "pc":
        raise OptionError("range is 'pc' in .avif; allowed is 'tv', which browsers take it for")
    codec = next(iter(settings.encoders), None)
    if codec is not None and not codec.full_range and settings.canvas.color_range == "pc":
        raise OptionError(
            f"range is 'pc' with {codec.name}; allowed is 'tv', which players take it for"
        )


def _check_loop(settings: OutputSettings) -> None:
    if settings.dither is not None and settings.suffix != ".gif":
        raise OptionError(f"dither is {settings.dither!r}; allowed is that in .gif")
    loops = [suffix for suffix, container in CONTAINERS.items() if container.loop]
    if settings.loop != 0 and settings.suffix not in loops:
        raise OptionError(f"loop is {settings.loop}; allowed is that in {', '.join(loops)}")
    if not 0 <= settings.loop <= _LARGEST_LOOP:
        raise OptionError(f"loop is {settings.loop}; allowed is 0, for ever, to {_LARGEST_LOOP}")


def _check_area(canvas: Canvas) -> None:
    height, width = canvas.height, canvas.width
    if (height + 128) * (width + 128) >= _LARGEST_AREA:
        raise OptionError(
            f"size is {width}x{height}; ffmpeg takes up to 267 million pixels in all; show a part "
            "of the field, or fewer pixels of it"
        )
