"""The small language of texts: ``{frame} {time:.2f} s {name} {value:mean:.2f}``.

Whatever is wrong with a text is found when it is read, from samples of what it will show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import Formatter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import OptionError, brief
from heatvid._layout.fonts import Font
from heatvid._values.limits import Limits

FIELDS = "{frame}, {time}, {name} and {value:min}, {value:max}, {value:mean}"
DEFAULTS = {"frame": "d", "seconds": ".2f", "date": "%Y-%m-%d %H:%M", "name": "", "value": ".4g"}
STATISTICS = ("min", "max", "mean")

_DATE_DIRECTIVES = frozenset("aAwdbBmyYHIpMSfjUWcxXGuV%")
_CLOCK_DIRECTIVES = frozenset("HMSf%")  # of seconds from the start
_DIRECTIVE = re.compile("%(.?)")
_TOO_WIDE = re.compile("[0-9]{3}")
_EPOCH = datetime(2000, 1, 1)
_MOST_FRAMES = 99_999


class FrameFacts(NamedTuple):
    """What a text can say of one frame.

    Attributes
    ----------
    time : float or datetime64
        Seconds from the start, or when it was.
    name : str
        Its label, else its source's.
    values : (float, float, float) or None
        Its least, its greatest and its mean value.
    limits : Limits or None
        The values that its first and last colour stand for.
    """

    time: float | np.datetime64 = 0.0
    name: str = ""
    values: tuple[float, float, float] | None = None
    limits: Limits | None = None


class Extent(NamedTuple):
    """What is known beforehand of all frames, for the room that a text takes.

    Attributes
    ----------
    frames : int or None
        How many, as far as that is known.
    seconds : float or None
        The last one's time.
    names : sequence of str
    values : Limits or None
        What they lie between.
    """

    frames: int | None = None
    seconds: float | None = None
    names: Sequence[str] = ()
    values: Limits | None = None


@dataclass(frozen=True)
class Part:
    """One field of a text."""

    name: str
    statistic: str
    written: Callable[[Any], str]

    def words(self, index: int, facts: FrameFacts) -> str:
        """What it says of a frame."""
        if self.name == "frame":
            return self.written(index)
        if self.name == "value":
            assert facts.values is not None, "values were not measured for a text that shows them"
            return self.written(facts.values[STATISTICS.index(self.statistic)])
        return self.written(facts.time if self.name == "time" else facts.name)


@dataclass(frozen=True)
class Text:
    """A text that was read: plain words, and fields.

    Attributes
    ----------
    parts : tuple of str or Part
    dated : bool
        Whether frames have dates rather than seconds.
    """

    parts: tuple[str | Part, ...]
    dated: bool = False

    @property
    def moves(self) -> bool:
        """Whether it changes from frame to frame."""
        return any(isinstance(part, Part) for part in self.parts)

    @property
    def needs_values(self) -> bool:
        """Whether it shows a frame's values, which have to be measured."""
        return any(isinstance(part, Part) and part.name == "value" for part in self.parts)

    def words(self, index: int, facts: FrameFacts) -> str:
        """What it says of a frame."""
        return "".join(
            part if isinstance(part, str) else part.words(index, facts) for part in self.parts
        )

    def samples(self, extent: Extent) -> list[str]:
        """Texts that are at least as wide as any it will show."""
        columns = [
            [part] if isinstance(part, str) else _samples(part, extent, self.dated)
            for part in self.parts
        ]
        most = max(map(len, columns), default=0)
        return ["".join(each[min(i, len(each) - 1)] for each in columns) for i in range(most)]

    def widest(self, font: Font, extent: Extent) -> int:
        """Columns that it takes, of all frames."""
        return sum(
            max(font.width(words) for words in ([part] if isinstance(part, str) else samples))
            for part, samples in (
                (part, [] if isinstance(part, str) else _samples(part, extent, self.dated))
                for part in self.parts
            )
        )

    def demand(self, font: Font, extent: Extent, option: str) -> None:
        """Refuse characters that the font cannot draw."""
        for words in self.samples(extent):
            font.demand(words, option)


def plain(words: str) -> Text:
    """A text that says the same of every frame, braces and all."""
    return Text((words,) if words else ())


def parse_text(
    words: str, *, option: str = "text", dated: bool = False, name: str | None = None
) -> Text:
    """Read a text.

    Parameters
    ----------
    words : str
        ``{{`` and ``}}`` stand for braces.
    option : str
        What it was given as, for messages.
    dated : bool
        Whether frames have dates; else ``{time}`` is seconds from the start.
    name : str, optional
        What ``{name}`` says of all frames; by default each has its own.

    Raises
    ------
    OptionError
        Braces are not closed, or a field or its format is none of those that are allowed.
    """
    parts: list[str | Part] = []
    try:
        pieces = list(Formatter().parse(words))
    except ValueError as error:
        raise _refused(option, words, str(error)) from None
    for literal, field, spec, conversion in pieces:
        parts.append(literal)
        if field is None:
            continue
        shown = f"{field}{f'!{conversion}' if conversion else ''}{f':{spec}' if spec else ''}"
        part = None if conversion else _part(field, spec or "", dated)
        if part is None:
            raise _refused(option, words, f"{{{shown}}} is none of its fields")
        try:
            said = part.words(0, _sample_facts(dated))
        except (ValueError, TypeError, OverflowError) as error:
            raise _refused(option, words, f"{{{shown}}}: {error}") from None
        parts.append(part.written(name) if field == "name" and name is not None else part)
        if not said.isprintable():
            raise _refused(option, words, f"{{{shown}}} shows no text")
    return Text(_joined(parts), dated)


def _refused(option: str, words: str, why: str) -> OptionError:
    return OptionError(
        f"{option}: got {brief(words)}: {why}; allowed are {FIELDS}, with formats as {{time:.1f}}, "
        "{time:%Y-%m-%d %H:%M} where frames have dates, {value:mean:.2f}, and {{ }} for braces"
    )


def _joined(parts: list[str | Part]) -> tuple[str | Part, ...]:
    """Plain words that follow each other as one, so that they are shaped together."""
    joined: list[str | Part] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined)


def _part(field: str, spec: str, dated: bool) -> Part | None:
    """Read one field; None for one that there is not."""
    statistic = ""
    if field == "value":
        statistic, _, spec = spec.partition(":")
        if statistic not in STATISTICS:
            return None
    if field not in ("frame", "time", "name", "value"):
        return None
    if field == "time":
        return Part(field, "", _date_writer(spec) if dated else _seconds_writer(spec))
    return Part(field, statistic, _writer(spec or DEFAULTS[field]))


def _writer(spec: str) -> Callable[[Any], str]:
    def written(value: Any) -> str:
        if _TOO_WIDE.search(spec) or "{" in spec or spec.endswith(("c", "n")):
            raise ValueError(f"format {spec!r} is not for texts")
        return format(value, spec)

    return written


def _seconds_writer(spec: str) -> Callable[[Any], str]:
    if not any(_DIRECTIVE.findall(spec)):
        return _writer(spec or DEFAULTS["seconds"])

    def written(seconds: Any) -> str:
        _demand_directives(spec, _CLOCK_DIRECTIVES, "frames have seconds, no dates")
        return (_EPOCH + timedelta(seconds=float(seconds))).strftime(spec)

    return written


def _date_writer(spec: str) -> Callable[[Any], str]:
    pattern = spec or DEFAULTS["date"]

    def written(moment: Any) -> str:
        if not any(_DIRECTIVE.findall(pattern)):
            raise ValueError("frames have dates, no seconds")
        _demand_directives(pattern, _DATE_DIRECTIVES, "unknown to dates")
        own = moment.astype("datetime64[us]").item()
        return own.strftime(pattern) if isinstance(own, datetime) else str(moment)

    return written


def _demand_directives(spec: str, known: frozenset[str], why: str) -> None:
    for directive in _DIRECTIVE.findall(spec):
        if directive not in known:
            raise ValueError(f"%{directive}: {why}")


def _sample_facts(dated: bool) -> FrameFacts:
    time = np.datetime64(_EPOCH, "us") if dated else 0.0
    return FrameFacts(time, "a name", (0.5, 0.5, 0.5), Limits(0.0, 1.0))


def _samples(part: Part, extent: Extent, dated: bool) -> list[str]:
    """What one field says at its widest; digits are all as wide."""
    if part.name == "frame":
        last = _MOST_FRAMES if extent.frames is None else max(0, extent.frames - 1)
        return [part.written(last)]
    if part.name == "name":
        return [part.written(name) for name in extent.names] or [part.written("")]
    if part.name == "value":
        return [part.written(value) for value in _wide_values(extent.values)]
    if dated:
        return [part.written(moment) for moment in _wide_dates()]
    last_second = float(_MOST_FRAMES) if extent.seconds is None else extent.seconds
    return [part.written(last_second), part.written(last_second / 3)]


def _wide_values(values: Limits | None) -> list[float]:
    """The ends and what lies between them with many digits, of either sign."""
    if values is None or not all(map(np.isfinite, values)):
        return [-1.2345678e-05, -12345.678, float("nan")]
    low, high = values
    between = [low + (high - low) * share for share in (0.123456789, 0.876543211)]
    return [low, high, *between]


def _wide_dates() -> NDArray[np.datetime64]:
    """Every month, every day of the week, before and after noon."""
    months = np.arange("2000-01", "2001-01", dtype="datetime64[M]").astype("datetime64[D]")
    days = (months[:, None] + np.arange(20, 27)).ravel().astype("datetime64[h]")
    moments: NDArray[np.datetime64] = np.concatenate([days + 10, days + 22])
    return moments.astype("datetime64[us]")
