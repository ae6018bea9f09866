"""``to_rgb``: predictions in memory to pictures in memory, by the same arithmetic as videos."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import OptionError, SourceError, brief
from heatvid._frames import Canvas
from heatvid._job import frame_size, value_range
from heatvid._norms import Limits, MovingLimits
from heatvid._options import Options, documented, make_options, option_fields
from heatvid._plan import make_plan
from heatvid._render import measured_limits
from heatvid.backends import choose
from heatvid.sources import open_source
from heatvid.sources._arrays import is_array, to_host
from heatvid.sources._backgrounds import Background, open_background

_GROUPS = ("values", "colour", "blending")


@documented(*_GROUPS)
def to_rgb(predictions: Any, **options: Any) -> NDArray[np.uint8]:
    """Colour predictions as :func:`render` does, without a video.

    Parameters
    ----------
    predictions : array, shape (..., H, W), any real dtype, of any library
        One prediction, or a stack that shares its limits.
    {options}

    Returns
    -------
    ndarray, shape (..., H, W, 3), uint8
        The RGB bytes; H and W are the background's where there is one.

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
    names = [option.name for option in option_fields(_GROUPS)]
    checked = make_options(options, allowed=names)
    if not is_array(predictions):
        raise SourceError(
            f"array: got {brief(predictions)}; allowed is an array, shape (..., H, W) "
            "(np.stack makes one of a list)"
        )
    array = to_host(predictions, "array")
    if array.ndim < 2 or not array.size:
        raise SourceError(f"array: has shape {array.shape}; allowed is (..., H, W)")
    stack = array.reshape(-1, *array.shape[-2:])
    background = None if checked.background is None else open_background(checked.background)
    try:
        pictures = _colored(stack, checked, background)
    finally:
        if background is not None:
            background.close()
    return pictures.reshape(*array.shape[:-2], *pictures.shape[1:])


def _colored(
    stack: NDArray[Any], options: Options, background: Background | None
) -> NDArray[np.uint8]:
    source = open_source(stack, layout="THW")
    field_size = frame_size(source)
    size = field_size if background is None else background.size
    canvas = Canvas("rgb24", *size)
    wanted = value_range(options, source.dtype)
    limits: Limits | None = wanted.fixed
    if limits is None and wanted.scope == "sequence":
        limits = measured_limits(source, wanted)
    color = None if options.background is None else "color"
    plan = make_plan(
        options,
        canvas=canvas,
        field_size=field_size,
        field_dtype=source.dtype,
        limits=limits,
        background=color if background is None else "frames",
    )
    if background is not None:
        if background.length not in (None, len(stack)):
            raise OptionError(
                f"background: {background.length} pictures for {len(stack)} predictions; allowed "
                "are as many, or one"
            )
        background.start(canvas)
    backend = choose(options.backend).backend
    backend.prepare(plan)
    slot, moving = backend.slot(()), MovingLimits(wanted, 30)
    out = np.empty((len(stack), *canvas.planes[0].shape), np.uint8)
    for start in range(0, len(stack), plan.batch_size):
        slot.data = source.read(start, plan.batch_size)
        slot.limits = moving(slot.data) if limits is None else ()
        if background is not None:
            background.read(start, slot.background[: len(slot.data)])
        backend.render(slot)
        backend.wait(slot)
        out[start : start + len(slot.data)] = slot.frames.reshape(-1, *canvas.planes[0].shape)
    backend.close()
    return out
