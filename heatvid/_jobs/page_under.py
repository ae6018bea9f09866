"""What lies under the values of a page, as a video of its own."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from heatvid._encode.settings import OutputSettings
from heatvid._encode.video import VideoSink
from heatvid._frames import AnyArray
from heatvid._jobs.job import render_to
from heatvid._jobs.source_feed import SourceFeed
from heatvid._options.options import Options, option_fields
from heatvid._options.rules import check_background
from heatvid._plan.make import canvas_for
from heatvid._values.limits import Limits
from heatvid.backends import Choice
from heatvid.sources import Source
from heatvid.sources._selection import Selection

_KEPT = (
    "background", "background_frames", "fps", "quality", "crf", "preset", "encoder_threads",
    "running",
)  # fmt: skip


class Blank(Source):
    """As many frames of one pixel as a field has: nothing is shown, but pictures lie under it.

    Parameters
    ----------
    name : str
        Of the field, for messages.
    length : int or None
        Of the field; None where it is not known until it ends.

    Attributes
    ----------
    end : int
        Frames, once they are known.
    """

    frame_shape = (1, 1)
    dtype = np.dtype(np.uint8)
    in_memory = True

    def __init__(self, name: str, length: int | None) -> None:
        self.name, self.length = name, length
        self.end = length or 0

    def read(self, start: int, count: int, out: AnyArray | None = None) -> AnyArray:
        """Read frames; see :meth:`Source.read`."""
        return np.zeros((max(0, min(count, self.end - start)), 1, 1), np.uint8)


class Under:
    """What lies under the values of a page.

    Parameters
    ----------
    options : Options
        Of the page.
    feed : SourceFeed
        Of the values.

    Attributes
    ----------
    kind : {"frames", "color", None}
    size : (int, int)
        Height and width of the picture: the background's, where frames of one lie under it.
    fps : Fraction
    """

    def __init__(self, options: Options, feed: SourceFeed) -> None:
        self._options = _pictures_alone(options)
        chosen = feed.source if isinstance(feed.source, Selection) else None
        self._blank = Blank(feed.name, feed.length if chosen is None else chosen.inner_length)
        blank = self._blank if chosen is None else Selection(self._blank, chosen.indices)
        self._feed = SourceFeed(self._options, blank, seeks_blank=False)
        self.kind = self._feed.kind
        check_background(replace(options, bits=8), self.kind)
        self.size = self._feed.size if self.kind == "frames" else feed.size
        self.fps = self._feed.fps if self.kind == "frames" else feed.fps

    @property
    def still(self) -> bool:
        """Whether one picture lies under all frames."""
        background = self._feed.beside.background
        return background is not None and background.still

    def render(self, path: str, key_frames: int, frames: int, choice: Choice) -> int:
        """Write as many as the field has, or the one for all; give the number of them."""
        options, feed = self._options, self._feed
        self._blank.end = 1 if self._still else max(self._blank.end, frames)
        if self._still:
            feed.length = 1
        settings = OutputSettings(
            path, canvas_for(options, self.size, exact=False), self.fps, crf=options.crf,
            preset=options.preset, quality=options.quality, threads=options.encoder_threads,
            overwrite=True, content="pictures", key_frames=key_frames,
        )  # fmt: skip
        plan = feed.plan(settings.canvas, Limits(0.0, 255.0))
        return render_to(lambda: VideoSink(settings), options, feed, plan, choice, "background")

    @property
    def _still(self) -> bool:
        background = self._feed.beside.background
        return background is not None and background.still

    def close(self) -> None:
        """Close the background."""
        self._feed.__exit__()


def _pictures_alone(options: Options) -> Options:
    """The options of pictures over which nothing is seen."""
    kept = {option.name for option in option_fields(_KEPT)}
    others = [option for option in fields(options) if option.name not in kept]
    own: dict[str, Any] = {option.name: option.default for option in others}
    return replace(options, **{**own, "alpha": 0.0 if options.background is not None else None})
