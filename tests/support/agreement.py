"""What each backend makes of the same predictions: a picture, or heatvid's own refusal."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import HeatvidError
from heatvid._jobs.job import run, start
from heatvid._jobs.source_feed import SourceFeed
from heatvid._jobs.to_rgb import _Kept, _opened
from heatvid._options.options import Options, make_options
from heatvid._plan.make import canvas_for
from heatvid.backends import Renderer, Slot
from tests.support.backends import CANDIDATES, make_backend, missing


def outcomes(frames: NDArray[Any], options: dict[str, Any]) -> list[Any]:
    """Pictures or messages of every backend that works here, the reference first."""
    names = [candidate for candidate in CANDIDATES if missing(candidate) is None]
    return [outcome(frames, options, make_backend(candidate)) for candidate in names]


def outcome(frames: NDArray[Any], options: dict[str, Any], renderer: Renderer) -> Any:
    """Frames as they are encoded, shape (n, bytes), or the message of an error of heatvid's.

    Warnings are heatvid's own, which are none of the arithmetic, or errors.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)
        try:
            return _rendered(frames, make_options(options), renderer)
        except HeatvidError as error:
            return f"{type(error).__name__}: {error}"
        finally:
            renderer.close()


def _rendered(frames: NDArray[Any], options: Options, renderer: Renderer) -> NDArray[np.uint8]:
    with SourceFeed(options, _opened(frames, options)[0]) as feed:
        limits, _ = feed.measure()
        plan = feed.plan(canvas_for(options, feed.size, exact=True), limits)
        pictures = np.zeros((len(feed.source), plan.canvas.frame_bytes), np.uint8)

        def place(slot: Slot, first: int) -> None:
            slot.output = pictures[first : first + plan.batch_size]

        with start(renderer, plan, _Kept, feed, has_output=False) as ring:
            run(feed, ring, renderer, place=place)
            ring.drain()
            return pictures
