"""When the frames of a field were made, and those of what lies under it, by what is known of both.

Predictions are as far apart as ``source_fps`` says, else as the source's own rate, else, with
``hold``, its times. Where none of these is known they go with the background's pictures one by
one, or make the output's rate. A background's pictures are as far apart as in its video; those
that have no rate go with the predictions where they are as many, and are ``fps`` apart otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from heatvid._errors import OptionError, SourceError, brief
from heatvid._jobs.feed import DEFAULT_FPS
from heatvid._options.options import Options
from heatvid._under.background import Background
from heatvid._values.timeline import Even, Made, Uneven
from heatvid.sources import Source
from heatvid.sources._selection import Selection, StreamSelection

ASKED = ("source_fps", "hold", "speed")


@dataclass(frozen=True)
class Chosen:
    """The frames of a field, and where they lie in all that there are.

    Attributes
    ----------
    source : Source
        In rising order.
    whole : int or None
        Of how many they were chosen.
    start, step : int
        The first one's number, and how many further the next is.
    backwards : bool
        Whether the last is shown first.
    """

    source: Source
    whole: int | None
    start: int = 0
    step: int = 1
    backwards: bool = False

    @property
    def length(self) -> int | None:
        """How many frames were chosen."""
        return self.source.length

    def made(self, whole: Made, *, located: bool) -> Made:
        """When the chosen ones were made, where it is known when all were.

        ``located`` says whether time begins with the first of all, or with the first of these.
        """
        if isinstance(whole, Uneven):
            assert self.length is not None, "only a known number of frames has times"
            times = whole.times[self.start :: self.step][: self.length]
            begin = 0 if located else times[0]
            return Uneven(tuple(time - begin for time in times))
        begins = self.start / whole.rate if located else Fraction(0)
        return Even(whole.rate / self.step, self.length, begins)


def chosen(source: Source) -> Chosen:
    """Look at what was chosen of a source."""
    if isinstance(source, StreamSelection):
        return Chosen(source, None, 0, source.indices.step)
    if not isinstance(source, Selection):
        return Chosen(source, source.length)
    indices = source.indices
    if indices.step > 0 or len(indices) == 1:
        return Chosen(source, source.inner_length, indices[0], abs(indices.step))
    rising = Selection(source.whole, indices[::-1])
    return Chosen(rising, source.inner_length, indices[-1], -indices.step, backwards=True)


def lies_over_all(options: Options, field: Chosen, under: Background | None) -> bool:
    """Whether a field is one prediction that lies over all of several pictures."""
    if under is None or field.length != 1:
        return False
    return field.whole == 1 or (field.whole != under.length and _own(options, field) is None)


def when_made(
    options: Options, field: Chosen, under: Background | None
) -> tuple[Made, Made | None]:
    """When all frames of a field were made, and the several pictures under it.

    Raises
    ------
    OptionError
        One of the rates is not known.
    """
    own = _own(options, field)
    if own is None and options.hold is not None and options.speed is None:
        raise OptionError(
            f"{option_of(options)}, but nothing says when the frames of {field.source.name} were "
            "made; allowed is that with source_fps=, how many a second, with speed=, or with times "
            "of the source's own"
        )
    if under is None:
        return own or Even((options.fps or DEFAULT_FPS) * field.step, field.whole), None
    if own is not None:
        return own, _when_pictures(options, field, under, own)
    below = when_under(options, under)
    if under.length == field.whole or field.whole is None:
        return replace(below, length=field.whole), below
    if under.length != field.length:
        raise _unknown(options, field, under)
    return Even(below.rate * field.step, field.whole), below


def option_of(options: Options) -> str:
    """What asked for time to be true, for messages."""
    name = next((name for name in ASKED if getattr(options, name) is not None), "source_fps")
    return f"{name}: got {brief(getattr(options, name))}"


def _own(options: Options, field: Chosen) -> Made | None:
    """When all frames of a field were made; None where nothing says so."""
    if options.source_fps is not None:
        return Even(options.source_fps, field.whole)
    source = field.source
    if source.fps is not None:
        return Even(source.fps * field.step, field.whole)
    every = source.whole if isinstance(source, Selection) else source
    times = every.about.times
    if options.hold is None or times is None or len(times) < 2:
        return None
    ticks = times.astype("datetime64[us]")
    since = (ticks - ticks[0]).astype(np.int64)
    if np.isnat(ticks).any() or (np.diff(since) < 0).any():
        raise SourceError(
            f"{source.name}: its times do not rise; source_fps= says how far its frames are apart"
        )
    return Uneven(tuple(since.tolist()))


def when_under(options: Options, under: Background) -> Even:
    """When the pictures under a field were made, where nothing else is known."""
    return Even(under.fps or options.fps or DEFAULT_FPS, under.length)


def _when_pictures(options: Options, field: Chosen, under: Background, own: Made) -> Made:
    """When the pictures under a field were made, as far as it is known when the field was."""
    if under.fps is None and under.length == field.whole:
        return own
    if under.fps is None and under.length == field.length:
        return field.made(own, located=False)
    if under.fps is None and options.fps is None:
        raise OptionError(
            f"{option_of(options)} over {under.name}, pictures of no known rate; allowed is that "
            "with fps=, theirs"
        )
    return when_under(options, under)


def _unknown(options: Options, field: Chosen, under: Background) -> OptionError:
    name, frames = field.source.name, field.length
    return OptionError(
        f"{option_of(options)}, but {name} has {frames} frames of no known rate for the "
        f"{under.length} of {under.name}; allowed is that with source_fps=, at which they were made"
    )
