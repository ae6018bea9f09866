"""``to_rgb``: predictions in memory to pictures in memory, by the same arithmetic as videos."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._errors import OptionError, SourceError, brief
from heatvid._jobs.feed import BatchInputs
from heatvid._jobs.job import content_size, demand_visible
from heatvid._options.options import Options, documented, make_options, option_fields
from heatvid._options.rules import check_background
from heatvid._plan.make import make_plan
from heatvid._statistics.field_limits import FieldLimits
from heatvid._under.background import Background
from heatvid._under.masks import Masks
from heatvid._under.opening import open_background
from heatvid.backends import Renderer, choose
from heatvid.sources import Source, open_source
from heatvid.sources._arrays import is_array, to_host

_GROUPS = ("values", "colour", "blending")
_NAMES = ("layout", "channel", *(option.name for option in option_fields(_GROUPS)))


@documented("layout", "channel", *_GROUPS)
def to_rgb(predictions: Any, **options: Any) -> NDArray[np.uint8]:
    """Colour predictions as :func:`render` does, without a video.

    Parameters
    ----------
    predictions : array, shape (..., H, W), any real dtype, of any library
        One prediction, or a stack that shares its limits; what ``layout`` says, where it is
        given: ``HW``, ``HWC``, ``CHW``, ``THWC`` and so on.
    {options}

    Returns
    -------
    array, shape (..., H, W, 3), uint8
        The RGB bytes; H and W are the background's where there is one. NumPy's, or where the
        predictions lie on the GPU that renders, one there, of the same library.

    Raises
    ------
    UsageError
        The predictions or an option cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> to_rgb(np.array([[0.0, 1.0]]), cmap="gray").tolist()
    [[[0, 0, 0], [255, 255, 255]]]
    """
    checked = make_options(options, allowed=_NAMES)
    if not is_array(predictions):
        raise SourceError(
            f"array: got {brief(predictions)}; allowed is an array, shape (..., H, W) "
            "(np.stack makes one of a list)"
        )
    pixels = predictions.size if isinstance(predictions, np.ndarray) else None
    backend = choose(checked.backend, pixels=pixels).backend
    array = backend.adopt(predictions, "array")
    if array is None:
        array = to_host(predictions, "array")
    source, lead = _opened(array, checked)
    with ExitStack() as stack:
        background = None if checked.background is None else open_background(checked.background)
        if background is not None:
            stack.callback(background.close)
        masks = None if checked.alpha_mask is None else Masks(checked.alpha_mask)
        if masks is not None:
            stack.callback(masks.close)
            masks.check("array", source.length)
        stack.callback(backend.close)
        out, size = _colored(array, source, checked, background, masks, backend)
        pictures: NDArray[np.uint8] = backend.given_back(out.reshape(*lead, *size, 3), predictions)
    return pictures


def _opened(array: NDArray[Any], options: Options) -> tuple[Source, tuple[int, ...]]:
    """Open the array, and tell the shape that its frames are arranged in."""
    if options.layout is not None or options.channel is not None:
        source = open_source(array, layout=options.layout, channel=options.channel)
        stacked = "T" in (options.layout or "T" * (array.ndim > 2)).upper()
        return source, (len(source),) if stacked else ()
    if array.ndim < 2 or not array.size:
        raise SourceError(f"array: has shape {array.shape}; allowed is (..., H, W)")
    return open_source(array.reshape(-1, *array.shape[-2:]), layout="THW"), array.shape[:-2]


def _colored(
    array: Any,
    source: Source,
    options: Options,
    background: Background | None,
    masks: Masks | None,
    backend: Renderer,
) -> tuple[Any, tuple[int, int]]:
    """Give the pictures, one row of bytes each, where ``array`` is, and their size."""
    kind = None if options.background is None else "color" if background is None else "frames"
    check_background(options, kind)
    size = content_size(source, options.channel) if background is None else background.size
    canvas = Canvas("rgb24", *size)
    wanted = FieldLimits(options, source.frame_shape, source.dtype)
    limits = wanted.fixed
    if limits is None and not wanted.moves:
        limits = wanted.measure(source)
    plan = make_plan(
        options,
        canvas=canvas,
        field_size=source.frame_shape,
        field_dtype=source.dtype,
        limits=limits,
        background=kind,
        mask_shape=None if masks is None else masks.size,
        length=source.length,
    )
    demand_visible(plan)
    if background is not None:
        if background.length not in (None, source.length):
            raise OptionError(
                f"background: {background.length} pictures for {source.length} predictions; "
                "allowed are as many, or one"
            )
        background.start(plan.composed_on)
    backend.prepare(plan)
    slot = backend.slot(() if source.in_memory else source.buffer_shape)
    moving, inputs = wanted.moving(30), BatchInputs(background, masks)
    out = backend.empty((len(source), canvas.frame_bytes), array)
    for start in range(0, len(source), plan.batch_size):
        slot.data = source.read(start, plan.batch_size, None if source.in_memory else slot.input)
        slot.output = out[start : start + len(slot.data)]
        slot.limits = moving(slot.data) if limits is None else ()
        before = inputs.fill(slot, start, len(slot.data))
        if before is not None:
            before()
        backend.render(slot)
        backend.wait(slot)
    inputs.check_all_used(source, len(source))
    return out, size
