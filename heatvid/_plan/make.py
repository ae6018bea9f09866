"""Options and what is known of the sequence become one frozen plan, before any pixel moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from heatvid._canvas import Canvas, PixelFormat
from heatvid._color.colormaps import ColorTable, color_table, label_colors
from heatvid._color.colors import parse_color
from heatvid._cores import available_cores
from heatvid._errors import OptionError
from heatvid._options.options import Options
from heatvid._options.place import place_in
from heatvid._plan.tile import FieldPlan, TilePlan, indexed_colors
from heatvid._values.channels import KEPT, reduced_dtype
from heatvid._values.limits import FieldLimits, Limits
from heatvid._values.norms import Norm
from heatvid._values.sampling import AxisSamples, Resample, axis_samples, gaussian_kernel, place

BATCH_BYTES = 16 << 20  # of a slot: large enough to outweigh the hand-over, small enough for cache
MAX_THREADS = 8

# The pixels of 10 bits that stand for those of 8.
DEEP: dict[str, PixelFormat] = {
    "yuv420p": "yuv420p10le", "yuv422p": "yuv422p10le", "yuv444p": "yuv444p10le",
}  # fmt: skip
DEEP_CODECS = {"prores": "yuv422p"}  # that know no others, and their usual ones
# How an output keeps alpha, by its suffix.
WITH_ALPHA: dict[str, PixelFormat] = {
    ".webm": "yuva420p", ".mov": "yuva444p10le", ".png": "rgba", ".apng": "rgba", ".webp": "rgba",
    ".tif": "rgba", ".tiff": "rgba",
}  # fmt: skip


def make_plan(
    options: Options,
    *,
    canvas: Canvas,
    field_size: tuple[int, ...],
    field_dtype: np.dtype[Any],
    limits: FieldLimits | None,
    background: str | None,
    mask_shape: tuple[int, int] | None = None,
    length: int | None = None,
    complete: bool = False,
) -> TilePlan:
    """Decide everything.

    Parameters
    ----------
    options : Options
    canvas : Canvas
    field_size : (int, int) or (int, int, int)
        Height and width of the field's frames, and channels where there are.
    field_dtype : numpy.dtype
    limits : Limits, tuple of Limits or None
        None where each frame brings its own.
    background : {"frames", "color", None}
        What lies under the field: frames that come with each batch, the colour of the options,
        or nothing, which is black.
    mask_shape : (int, int), optional
        Height and width of the opacity masks that come with each batch.
    length : int, optional
        Frames in all, more than which no batch has.
    complete : bool
        Whether it is known that no value is NaN.
    """
    composed_on = canvas
    if options.blend != "over":
        composed_on = Canvas("rgb24", canvas.content_height, canvas.content_width)
    color = options.background if background == "color" else "black"
    blends = background == "frames"
    field = _field_plan(options, composed_on, field_size, field_dtype, limits, background)
    field = replace(field, complete=complete)
    mask = None
    if mask_shape is not None:
        mask = _samples(options, mask_shape, composed_on, lambda shrinks: "bilinear")
    beside = [canvas.frame_bytes, composed_on.frame_bytes * blends]
    if mask_shape is not None:
        beside.append(int(np.prod(mask_shape)) * np.dtype(np.float32).itemsize)
    batch_size = options.batch_size or _fitting(field_size, field_dtype, sum(beside))
    plan = TilePlan(
        canvas=canvas,
        composed_on=composed_on,
        field=field,
        blend=options.blend,
        under_rgb=parse_color(color, "background")[:3],
        blends=blends,
        mask=mask,
        mask_shape=mask_shape or (0, 0),
        batch_size=batch_size if length is None else min(batch_size, length),
        threads=options.threads or min(MAX_THREADS, available_cores()),
        threads_given=options.threads is not None,
    )
    _demand_colors(plan)
    return plan


def _fitting(field_size: tuple[int, ...], dtype: np.dtype[Any], beside_bytes: int) -> int:
    """Frames of a batch: as many as fill a slot, with what comes beside each."""
    frame_bytes = int(np.prod(field_size)) * dtype.itemsize + beside_bytes
    return max(1, min(256, BATCH_BYTES // frame_bytes))


def canvas_for(options: Options, size: tuple[int, int], *, exact: bool, suffix: str = "") -> Canvas:
    """The frame that the options ask for.

    Parameters
    ----------
    options : Options
    size : (int, int)
        Height and width of its content.
    exact : bool
        Whether it is RGB, unless another format is asked for.
    suffix : str
        Of the output, which says how it keeps alpha.

    Raises
    ------
    OptionError
        Alpha is asked for of an output that would drop it, or more bits than it has.
    """
    deep = options.bits == 10 or options.codec in DEEP_CODECS
    usual = DEEP_CODECS.get(options.codec or "", "yuv420p")
    pixel_format: Any = options.pix_fmt or ("rgb24" if exact else usual)
    if options.transparent:
        pixel_format = _with_alpha(options, suffix)
    elif deep:
        if pixel_format not in DEEP:
            raise OptionError(
                f"bits: got 10 for an output in {pixel_format}; allowed are videos, with pix_fmt="
                + " or ".join(map(repr, DEEP))
            )
        pixel_format = DEEP[pixel_format]
    return Canvas(pixel_format, *size, "pc" if options.range == "pc" else "tv")


def _with_alpha(options: Options, suffix: str) -> PixelFormat:
    if suffix not in WITH_ALPHA:
        raise OptionError(
            f"transparent: {suffix or 'this output'} would drop it in silence; allowed are "
            f"{', '.join(WITH_ALPHA)}"
        )
    if options.lossless and WITH_ALPHA[suffix] != "rgba":
        raise OptionError(
            f"transparent: {suffix} does not keep every level of it; allowed with lossless are "
            + ", ".join(own for own, kept in WITH_ALPHA.items() if kept == "rgba")
        )
    return WITH_ALPHA[suffix]


def _demand_colors(plan: TilePlan) -> None:
    """Refuse what is no field of a colormap alone, where levels have 10 bits and no alpha."""
    canvas, field = plan.canvas, plan.field
    alone = field.kind == "scalar" and plan.mask is None and plan.blend == "over"
    if canvas.bits == 10 and not canvas.has_alpha and (plan.blends or not alone):
        raise OptionError(
            f"pixel format is {canvas.pixel_format}, of 10 bits; allowed for it are the colours of "
            "a colormap alone, not over pictures, nor channel='rgb' or 'flow', alpha_mask or blend"
        )


def palette_fits(
    options: Options,
    field_size: tuple[int, ...],
    field_dtype: np.dtype[Any],
    background: str | None,
    *,
    masked: bool,
    complete: bool,
) -> bool:
    """Whether a field alone has so few colours that a palette holds each: a pal8 canvas shows it.

    Where it does not fit, as 256 colours and black for NaN do not, RGB is to be shown instead, and
    a palette chosen for that: with fewer colours in the table none of them would be exact.

    Parameters
    ----------
    options, field_size, field_dtype, background, complete
        As of :func:`make_plan`.
    masked : bool
        Whether opacity masks come with each batch.
    """
    if background == "frames" or masked or options.blend != "over" or options.transparent:
        return False
    canvas = Canvas("pal8", field_size[0], field_size[1])
    field = _field_plan(options, canvas, field_size, field_dtype, None, background)
    color = options.background if background == "color" else "black"
    under = parse_color(color, "background")[:3]
    return indexed_colors(replace(field, complete=complete), under) is not None


def demand_visible(plan: TilePlan) -> None:
    """Refuse a ramp that lies beyond all values, and so hides every one."""
    limits = plan.field.limits
    if plan.field.ramp is None or not isinstance(limits, Limits):
        return
    if plan.field.alpha and not plan.field.rows_alpha(limits)[:-3].any():
        low, high = plan.field.ramp
        raise OptionError(
            f"alpha_ramp: got ({low:g}, {high:g}) for values {limits.vmin:g} to {limits.vmax:g}; "
            "allowed are values among them, as the field would be invisible"
        )


def _field_plan(
    options: Options,
    canvas: Canvas,
    size: tuple[int, ...],
    dtype: np.dtype[Any],
    limits: FieldLimits | None,
    background: str | None,
) -> FieldPlan:
    norm = norm_of(options)
    channels = len(size) == 3
    mode = options.channel if channels else None
    kind: Any = mode if mode in KEPT else "scalar"
    reduce = str(mode) if channels and kind == "scalar" else None
    height, width = size[:2]
    value_dtype = reduced_dtype(dtype, size[-1], reduce) if reduce else dtype
    rows, columns = _samples(options, (height, width), canvas, _resampling(options, value_dtype))
    default_alpha = 1.0 if background is None else 0.5
    return FieldPlan(
        kind=kind,
        reduce=reduce,
        dtype=dtype,
        value_dtype=value_dtype,
        height=height,
        width=width,
        smooth=gaussian_kernel(options.smooth) if options.smooth else None,
        rows=rows,
        columns=columns,
        norm=norm,
        limits=limits,
        colors=_colors(options, norm, deep=canvas.bits == 10),
        levels=1 << canvas.bits if canvas.is_gray else 0,
        alpha=options.alpha if options.alpha is not None else default_alpha,
        ramp=options.alpha_ramp,
        outlines=options.outlines,
        outline_rgb=parse_color(options.outline_color, "outline_color")[:3],
    )


def _colors(options: Options, norm: Norm, *, deep: bool) -> ColorTable:
    """The table of colours that the options ask for."""
    labels = norm.kind == "labels"
    return color_table(
        options.cmap if options.cmap is not None else (label_colors() if labels else "inferno"),
        under=options.under,
        over=options.over,
        bad="transparent" if options.bad is None and options.transparent else options.bad,
        deep=deep,
        exact=norm.kind in ("identity", "labels"),
        labels=(options.label_colors or {}) if labels else None,
    )


def norm_of(options: Options) -> Norm:
    """The norm that the options ask for; labels where the strongest class is shown."""
    if callable(options.norm):
        return Norm("matplotlib", function=options.norm)
    kind = "labels" if options.channel == "argmax" else options.norm
    return Norm(kind, options.center, options.gamma, options.linthresh)


def _resampling(options: Options, dtype: np.dtype[Any]) -> Callable[[bool], Resample]:
    """How an axis is resampled, by whether the field shrinks along it."""
    if norm_of(options).kind == "labels":
        return lambda shrinks: "labels"
    asked: Any = options.resample
    yes_or_no = asked is None and dtype.kind == "b" and not options.smooth
    return lambda shrinks: "nearest" if yes_or_no and not shrinks else asked or "bilinear"


def _samples(
    options: Options,
    size: tuple[int, int],
    canvas: Canvas,
    resampling: Callable[[bool], Resample],
) -> tuple[AxisSamples, AxisSamples]:
    content = (canvas.content_height, canvas.content_width)
    fit: Any = options.fit
    top, left, *within = (0, 0, *content)
    if options.place is not None:
        top, left, *within = place_in(options.place, content)
    placed = place(size, (within[0], within[1]), fit, (top, left))
    made = [
        axis_samples(field, inside, padded, resampling(axis.shrinks), axis.window, axis.covered)
        for field, inside, padded, axis in zip(
            size, content, (canvas.height, canvas.width), placed, strict=True
        )
    ]
    return made[0], made[1]
