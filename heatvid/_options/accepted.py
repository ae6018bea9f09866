"""What each option takes, for type checkers and editors, which cannot run what checks them.

``tests/options/test_accepted.py`` holds these to be the options of each function, no more and no
fewer, with the same choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, SupportsFloat, SupportsIndex, TypedDict

from heatvid._errors import AnyPath

Number = SupportsFloat | None  # NumPy's and torch's numbers too
Whole = SupportsIndex | None
Raw = Literal[
    "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32",
    "float64", "bool",
]  # fmt: skip
Pair = Sequence[SupportsFloat] | None


class Channels(TypedDict, total=False):
    """Which axes are what."""

    layout: str | None
    channel: SupportsIndex | str | None


class Input(Channels, total=False):
    """What is read."""

    key: str | None
    frames: slice | str | None
    select: Any
    nodata: Number
    scale: Number
    offset: Number
    flip: Literal["vertical", "horizontal"] | None
    raw: Raw | None
    shape: str | Sequence[SupportsIndex] | None
    skip_bytes: Whole
    byte_order: Literal["little", "big"] | None


class Measured(TypedDict, total=False):
    """What limits are found by."""

    norm: Any
    vmin: Number
    vmax: Number
    percentiles: Pair
    gamma: Number
    center: Number
    linthresh: Number
    smooth: Number


class Looks(Measured, Channels, total=False):
    """How values look, and over what."""

    limits: Any
    scope: Literal["sequence", "frame", "running"] | None
    cmap: Any
    under: Any
    over: Any
    bad: Any
    label_colors: Any
    outlines: Whole
    outline_color: Any
    background: Any
    background_frames: slice | str | None
    alpha: Number
    alpha_ramp: Pair
    alpha_mask: Any
    blend: Literal["over", "multiply", "screen", "lighten", "darken", "add"] | None
    fit: Literal["stretch", "letterbox", "crop"] | None
    place: str | Sequence[SupportsFloat | str] | None
    resample: Literal["nearest", "bilinear", "bicubic"] | None


class PanelOptions(Looks, Input, total=False):
    """Of ``Panel``."""

    source_fps: SupportsFloat | str | None


class Arranged(TypedDict, total=False):
    """What is shown beside a field, and how that is called."""

    panels: str | Sequence[str] | None
    captions: str | Sequence[str] | None
    columns: Whole
    gap: Whole
    gap_color: Any
    panel_size: str | Sequence[SupportsIndex] | None
    own_limits: bool | None
    title: str | None
    label_names: Any


class Composed(Arranged, total=False):
    """What is drawn around a field, and what beside it."""

    size: str | Sequence[SupportsIndex] | None
    zoom: Number
    colorbar: Literal["right", "left", "bottom", "top", "inside"] | None
    label: str | None
    text: str | None
    text_place: (
        Literal["top-left", "top", "top-right", "bottom-left", "bottom", "bottom-right"] | None
    )
    text_size: Number
    text_color: Any
    text_box: Any
    font: AnyPath | None
    legend: Literal["right", "left", "bottom", "top", "inside"] | None
    scale_bar: SupportsFloat | str | None
    pixel_size: Number
    unit: str | None


class Timed(TypedDict, total=False):
    """When what is shown was."""

    source_fps: SupportsFloat | str | None
    hold: Literal["previous", "nearest", "linear"] | None
    speed: SupportsFloat | str | None


class Working(TypedDict, total=False):
    """What does the work."""

    backend: Literal["auto", "cuda", "numba", "numpy"] | None
    device: Whole
    threads: Whole


class RgbOptions(Looks, Composed, Working, total=False):
    """Of ``to_rgb``."""

    transparent: bool | None


class Written(Working, total=False):
    """How what is shown is written, as a video or a page."""

    like: AnyPath | None
    fps: SupportsFloat | str | None
    quality: Number
    crf: Number
    preset: (
        Literal[
            "auto", "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow",
            "slower", "veryslow", "placebo",
        ]
        | None
    )  # fmt: skip
    encoder_threads: Whole
    bits: Whole
    exact: bool | None
    cmaps: str | None
    batch_size: Whole
    progress: bool | None


class ShowOptions(Looks, Input, Arranged, Timed, Written, total=False):
    """Of ``show``."""


class WriterOptions(RgbOptions, Written, total=False):
    """Of ``VideoWriter``."""

    format: (
        Literal[
            "mp4", "m4v", "mov", "mkv", "webm", "gif", "apng", "webp", "avif", "png", "jpg", "tif",
            "exr", "html",
        ]
        | None
    )  # fmt: skip
    codec: Literal["h264", "hevc", "av1", "vp9", "ffv1", "prores", "apng", "gif", "webp"] | None
    hardware: Literal["never", "try", "require"] | None
    pix_fmt: (
        Literal["yuv420p", "yuv422p", "yuv444p", "nv12", "rgb24", "gray", "gray12le", "gray16le"]
        | None
    )
    encode_depth: Literal["lerobot"] | None
    range: Literal["tv", "pc"] | None
    lossless: bool | None
    audio: bool | None
    loop: Whole
    dither: Literal["none", "bayer", "floyd_steinberg", "sierra2_4a"] | None
    start_number: Whole
    overwrite: bool | None


class RenderOptions(WriterOptions, Input, Timed, total=False):
    """Of ``render``."""

    segments: Whole


class MeasureOptions(Measured, Input, total=False):
    """Of ``measure``."""

    progress: bool | None
