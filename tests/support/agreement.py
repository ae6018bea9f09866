"""What each backend makes of the same predictions: a picture, or heatvid's own refusal."""

from __future__ import annotations

import warnings
from typing import Any

from numpy.typing import NDArray

from heatvid._errors import HeatvidError
from heatvid._jobs.source_feed import SourceFeed
from heatvid._jobs.to_rgb import _colored, _opened
from heatvid._options.options import make_options
from heatvid.backends import Renderer
from tests.support.backends import CANDIDATES, make_backend, missing


def outcomes(frames: NDArray[Any], options: dict[str, Any]) -> list[Any]:
    """Pictures or messages of every backend that works here, the reference first."""
    names = [candidate for candidate in CANDIDATES if missing(candidate) is None]
    return [outcome(frames, options, make_backend(candidate)) for candidate in names]


def outcome(frames: NDArray[Any], options: dict[str, Any], renderer: Renderer) -> Any:
    """A picture, shape (..., H, W, 3) uint8, or the message of an error of heatvid's.

    Warnings are heatvid's own, which are none of the arithmetic, or errors.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)
        try:
            checked = make_options(options)
            source, lead = _opened(frames, checked)
            with SourceFeed(checked, source) as feed:
                return _colored(frames, feed, renderer, lead, frames)
        except HeatvidError as error:
            return f"{type(error).__name__}: {error}"
        finally:
            renderer.close()
