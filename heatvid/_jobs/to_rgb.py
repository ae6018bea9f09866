"""``to_rgb``: predictions in memory to pictures in memory, by the same arithmetic as videos."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._encode.sink import Sink
from heatvid._errors import SourceError, brief
from heatvid._frames import Bytes
from heatvid._jobs.composed import ComposedFeed
from heatvid._jobs.composing import compose_feed
from heatvid._jobs.composition import composed, is_composed
from heatvid._jobs.job import run, start
from heatvid._jobs.own import in_own_colours
from heatvid._jobs.source_feed import SourceFeed
from heatvid._options.accepted import RgbOptions
from heatvid._options.documenting import documented
from heatvid._options.options import Options, make_options, option_fields
from heatvid.backends import Renderer, Slot, choose
from heatvid.sources import Source
from heatvid.sources._arrays import demand_one_array, is_array, open_array, to_host

_WANTED = (
    "layout", "channel", "values", "colour", "blending", "composition", "transparent", "backend",
    "device", "threads",
)  # fmt: skip
_NAMES = tuple(option.name for option in option_fields(_WANTED))


@documented(*_WANTED)
def to_rgb(predictions: Any, **options: Unpack[RgbOptions]) -> NDArray[np.uint8]:
    """Colour predictions as :func:`render` does, without a video.

    Parameters
    ----------
    predictions : array, shape (..., H, W), any real dtype, of any library
        One prediction, or a stack that shares its limits; what ``layout`` says, where it is
        given: ``HW``, ``HWC``, ``CHW``, ``THWC`` and so on. Where ``channel`` is a mode, one
        prediction (H, W, C) or (C, H, W), or a stack of them.
    {options}

    Returns
    -------
    array, shape (..., H, W, 3), uint8
        The RGB bytes; H and W are the background's where there is one; (..., H, W, 4) with
        ``transparent``, the last of which is opacity. NumPy's, or where the predictions lie on the
        GPU that renders, one there, of the same library.

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
        demand_one_array(predictions, "array")
        raise SourceError(
            f"array: got {brief(predictions)}; allowed is an array, shape (..., H, W) "
            "(np.stack makes one of a list)"
        )
    checked = in_own_colours(checked, predictions)
    pixels = predictions.size if isinstance(predictions, np.ndarray) else None
    choice = choose(checked.backend, checked.device, pixels)
    if is_composed(checked):
        choice = composed(choice)
    array = choice.backend.memory.adopt(predictions, "array")
    if array is None:
        array = to_host(predictions, "array")
    source, lead = _opened(array, checked)
    with SourceFeed(checked, source, seeks_blank=False, one_clock=False) as feed:
        whole = compose_feed(checked, feed) if is_composed(checked) else feed
        canvas = Canvas("rgba" if checked.transparent else "rgb24", *whole.size)
        pictures: NDArray[np.uint8] = _colored(
            array, whole, canvas, choice.backend, lead, predictions
        )
    return pictures


def _opened(array: NDArray[Any], options: Options) -> tuple[Source, tuple[int, ...]]:
    """Open the array, and tell the shape that its frames are arranged in."""
    if options.layout is not None or options.channel is not None:
        source = open_array(array, options.layout, options.channel)
        return source, (len(source),) if source.has_time else ()
    if array.ndim < 2 or not array.size:
        raise SourceError(f"array: has shape {array.shape}; allowed is (..., H, W)")
    return open_array(array.reshape(-1, *array.shape[-2:]), "THW"), array.shape[:-2]


class _Kept(Sink):
    """Frames that lie where they are to stay."""

    def write(self, frames: Bytes, *, lend: bool = False) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""

    def kill(self) -> None:
        """Do nothing."""

    def abort(self) -> None:
        """Do nothing."""


def _colored(
    array: Any,
    feed: SourceFeed | ComposedFeed,
    canvas: Canvas,
    renderer: Renderer,
    lead: tuple[int, ...],
    like: Any,
) -> Any:
    """Give the pictures where ``array`` is, of the library that ``like`` is of."""
    limits, _ = feed.measure()
    plan = feed.plan(canvas, limits)
    canvas, count = plan.canvas, feed.length
    assert count is not None, "an array has a length"
    pictures = renderer.memory.empty((count, canvas.frame_bytes), array)

    def place(slot: Slot, start: int) -> None:
        slot.output = pictures[start : start + plan.batch_size]

    with start(renderer, plan, _Kept, feed, has_output=False) as ring:
        run(feed, ring, renderer, place=place)
        ring.drain()
        feed.warn_of_strays()
        return renderer.memory.given_back(pictures.reshape(*lead, *canvas.planes[0].shape), like)
