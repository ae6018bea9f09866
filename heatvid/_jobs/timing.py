"""One clock for a field and what lies beside it, where their frames were made at different times.

With ``source_fps``, ``hold`` or ``speed`` time is true. The output's rate is ``fps``, else the
faster one of the field's and the background's; that one also sets how long it lasts. The other may
end up to one of its own frames before, and its last frame stays, or after; any other length is
refused, as one of the rates cannot be meant then. One prediction lies over all of a background.
Frames that were chosen of predictions as long as the background lie over the pictures of their
times.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from heatvid._errors import OptionError
from heatvid._jobs.beside import Beside
from heatvid._jobs.feed import DEFAULT_FPS
from heatvid._jobs.when import (
    ASKED,
    Chosen,
    chosen,
    lies_over_all,
    option_of,
    when_made,
    when_under,
)
from heatvid._options.options import Options
from heatvid._under.background import Background
from heatvid._under.lengths import demand_as_many
from heatvid._values.timeline import Clock, Even, Made, Timeline, Uneven, frames_until
from heatvid.sources import Source
from heatvid.sources._retimed import RetimedSource
from heatvid.sources._selection import Selection

_MOST_REPEATED = 1000  # that a frame is on average, before a speed is asked for


class _Shown(NamedTuple):
    """What is shown of a field, and of several pictures under it, by one clock.

    Attributes
    ----------
    made : Even or Uneven
        When the field's frames were.
    below : Even, Uneven or None
        When the pictures were.
    begins : Fraction
        When the first moment is.
    ends : Fraction or None
        When the last has passed; None where that shows when the field ends.
    """

    made: Made
    below: Made | None
    begins: Fraction = Fraction(0)
    ends: Fraction | None = None


def in_time(
    options: Options, source: Source, beside: Beside, ends: Fraction | None = None
) -> tuple[Source, Clock | None]:
    """Bring a field and what lies beside it to one clock, where that is asked for.

    ``ends`` says when all has passed, where other fields tell that.

    Returns
    -------
    Source
        The field's frames as they are shown; what was given where each is shown once.
    Clock or None
        The output's; None where nothing asks for it.

    Raises
    ------
    OptionError
        A rate is not known, or does not fit the lengths.
    """
    background = beside.background
    under = None if background is None or background.still else background
    field = chosen(source)
    asked = any(getattr(options, name) is not None for name in ASKED)
    over_all = lies_over_all(options, field, under)
    if not asked and not over_all:
        if isinstance(source, Selection):
            beside.select(source.indices, source.inner_length)
        return source, None
    _demand_between(options, source)
    if over_all and under is not None:
        below = when_under(options, under)
        shown = _Shown(replace(below, length=1), below, ends=_end_of(below))
    else:
        shown = _shown(options, field, under)
    if ends is not None:
        shown = shown._replace(ends=ends)
    clock = _clock(options, field, shown)
    hold = options.hold or "previous"
    timeline = Timeline(clock, shown.made, hold)  # type: ignore[arg-type]  # a checked option
    _retime_beside(beside, field, timeline, shown.below)
    if timeline.identity:
        return field.source, clock
    return RetimedSource(field.source, timeline, _allowed(shown)), clock


def _demand_between(options: Options, source: Source) -> None:
    if options.hold == "linear" and source.dtype.kind == "b":
        raise OptionError(
            f"hold: got 'linear' of {source.name}, yes and no; allowed are 'previous' and "
            "'nearest': nothing lies between two"
        )


def _shown(options: Options, field: Chosen, under: Background | None) -> _Shown:
    """Find what is shown of a field of several frames, and of what lies under it."""
    own, below = when_made(options, field, under)
    first = field.made(own, located=False)
    if under is None or below is None:
        return _Shown(first, None, ends=None if field.length is None else _end_of(first))
    last = _end_of(below)
    if field.length is None or field.whole is None:
        return _Shown(first, below, ends=last)
    if _fit(own, below):
        made = field.made(own, located=True)
        every = _longer(own, below)
        is_last = field.start + field.step * field.length >= field.whole
        return _Shown(made, below, made.begins, every if is_last else min(_end_of(made), every))
    if not _fit(first, below):
        raise _unfit(options, field, first, under, below)
    return _Shown(first, below, ends=_longer(first, below))


def _fit(own: Made, below: Made) -> bool:
    """Whether both last equally long, up to one frame."""
    return abs(_end_of(own) - _end_of(below)) <= max(own.lasts, below.lasts)


def _longer(own: Made, below: Made) -> Fraction:
    """When the one with the faster rate ends."""
    return _end_of(own if own.lasts < below.lasts else below)


def _end_of(made: Made) -> Fraction:
    assert made.length is not None, "what has no length yet has no end"
    return made.ends(made.length)


def _clock(options: Options, field: Chosen, shown: _Shown) -> Clock:
    """The clock of the output: it begins with one of its frames, that pictures stay whole."""
    rates = [made.rate for made in (shown.made, shown.below) if isinstance(made, Even)]
    fps = options.fps or max(rates, default=DEFAULT_FPS)
    begins = Fraction(math.ceil(shown.begins * fps)) / fps
    clock = Clock(fps, None, options.speed or Fraction(1), begins, field.backwards)
    if shown.ends is None:
        return clock
    length = frames_until(clock, shown.ends)
    alone = isinstance(shown.made, Uneven) and not isinstance(shown.below, Even)
    if alone and length > _MOST_REPEATED * (field.length or 1):
        seconds = round(float(shown.ends - begins))
        raise OptionError(
            f"{option_of(options)}, by which {field.source.name} lasts {seconds} s; allowed is "
            "that with speed=, 3600 for an hour a second, or source_fps="
        )
    return replace(clock, length=length)


def _retime_beside(beside: Beside, field: Chosen, timeline: Timeline, below: Made | None) -> None:
    """Show pictures at their times, and masks with what they are as many as."""
    pictures = None if below is None else Timeline(timeline.clock, below)
    masks = beside.masks
    if masks is None or masks.still:
        beside.retime(pictures, None)
        return
    of_masks = timeline
    if masks.length == field.whole != field.length:
        masks.select(range(field.start, field.whole or 0, field.step)[: field.length])
    elif pictures is not None and masks.length not in (field.length, None):
        of_masks = pictures if masks.length == pictures.made.length else timeline
    if of_masks is timeline:
        demand_as_many(masks, field.source.name, field.length)
    beside.retime(pictures, of_masks)


def _allowed(shown: _Shown) -> tuple[int, int] | None:
    """How few and how many frames a stream over pictures may have."""
    made, below = shown.made, shown.below
    if made.length is not None or below is None or not isinstance(made, Even):
        return None
    ends, most = _end_of(below), max(made.lasts, below.lasts)
    return max(1, math.ceil((ends - most) * made.rate)), math.floor((ends + most) * made.rate)


def _unfit(
    options: Options, field: Chosen, own: Made, under: Background, below: Made
) -> OptionError:
    """Say that both last differently long, and what takes a part of the longer one."""
    name, lasts, length = field.source.name, _end_of(own), _end_of(below)
    if lasts < length:
        cut = math.ceil(below.place(lasts)) if isinstance(below, Even) else None
        what = "background_frames=':{}' takes a part of the background"
    else:
        cut = math.ceil(own.place(length)) if isinstance(own, Even) else None
        what = "frames=':{}' takes a part of the predictions"
    return OptionError(
        f"{option_of(options)}, but {name} lasts {float(lasts):g} s ({field.length} frames), "
        f"{under.name} {float(length):g} s ({under.length} frames); allowed are equal times, up to "
        f"one frame ({what.format(cut or 'STOP')})"
    )
