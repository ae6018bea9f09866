"""What lies under the values of a page, as a video of its own."""

from __future__ import annotations

import os
from collections.abc import Hashable
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

import numpy as np

from heatvid._encode.opening import claim_part
from heatvid._encode.settings import OutputSettings
from heatvid._encode.video import VideoSink
from heatvid._frames import AnyArray
from heatvid._jobs.job import render_to
from heatvid._jobs.source_feed import SourceFeed
from heatvid._options.options import Options, option_fields
from heatvid._options.rules import check_background
from heatvid._plan.make import canvas_for
from heatvid._under.retimed import RetimedBackground
from heatvid._values.limits import Limits
from heatvid.backends import Choice
from heatvid.sources import Source
from heatvid.sources._retimed import RetimedSource
from heatvid.sources._selection import Selection

_KEPT = (
    "background", "background_frames", "time", "fps", "quality", "crf", "preset", "encoder_threads",
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
        Of the field.
    feed : SourceFeed
        Of its values.
    source : Source
        Whose values they are, before they are brought to a clock.
    ends : Fraction, optional
        When all has passed, where other fields tell that.

    Attributes
    ----------
    kind : {"frames", "color", None}
    size : (int, int)
        Height and width of the picture: the background's, where frames of one lie under it.
    fps : Fraction
    """

    def __init__(
        self, options: Options, feed: SourceFeed, source: Source, ends: Fraction | None = None
    ) -> None:
        self._options = _pictures_alone(options)
        self._indices = source.indices if isinstance(source, Selection) else None
        length = source.inner_length if isinstance(source, Selection) else source.length
        self._blank = Blank(feed.name, length)
        blank = self._blank if self._indices is None else Selection(self._blank, self._indices)
        self._feed = SourceFeed(self._options, blank, seeks_blank=False, ends=ends)
        self.kind = self._feed.kind
        check_background(replace(options, bits=8), self.kind)
        self.size = self._feed.size if self.kind == "frames" else feed.size
        self.fps = self._feed.fps if self.kind == "frames" else feed.fps

    @property
    def timed(self) -> bool:
        """Whether the rate of what lies under it is known."""
        return self._feed.timed

    @property
    def length(self) -> int | None:
        """Frames, where that is known."""
        return self._feed.length

    def over(self, source: Source) -> Source | None:
        """Values at times that the pictures under them tell; None where these tell none."""
        own = self._feed.source
        retimed = self.kind == "frames" and isinstance(own, RetimedSource)
        return own.over(source) if retimed else None  # type: ignore[attr-defined]  # just seen

    @property
    def key(self) -> Hashable:
        """Equal for what looks the same under other values, in the same size."""
        options, shown = self._options, self._feed.beside.background
        path = isinstance(options.background, str | os.PathLike)
        own = options.background if path else id(options.background)
        timeline = shown.timeline if isinstance(shown, RetimedBackground) else None
        return own, repr(options.background_frames), timeline, self._indices, self.length

    def render(
        self, path: str, part_of: str, size: tuple[int, int], fps: Fraction, key_frames: int,
        frames: int, choice: Choice,
    ) -> int:  # fmt: skip
        """Write as many as the field has, or the one for all, of a size; give the number."""
        options, feed = self._options, self._feed
        self._blank.end = max(self._blank.end, self._least(frames))
        if self._still:
            self._blank.end = feed.length = 1
        settings = OutputSettings(
            path, canvas_for(options, size, exact=False), fps, crf=options.crf,
            preset=options.preset, quality=options.quality, threads=options.encoder_threads,
            content="pictures", key_frames=key_frames,
        )  # fmt: skip

        def begin() -> VideoSink:
            return VideoSink(settings, claim_part(path, part_of))

        feed.beside.bring_to(settings.canvas)
        plan = feed.plan(settings.canvas, Limits(0.0, 255.0))
        return render_to(begin, options, feed, plan, choice, "background")

    def _least(self, frames: int) -> int:
        """As many values as so many frames are of; of a stream as few as may be."""
        own = self._feed.source
        if not isinstance(own, RetimedSource):
            return frames
        return own.allowed[0] if own.allowed else 0

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
