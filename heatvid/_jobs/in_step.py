"""Fields of several rates in step: one clock for all, each shown at its own times.

The output has ``fps``, else the fastest rate of the fields; the field that has that one tells how
long it lasts. What ends up to one frame of its own before keeps its last frame, what ends as little
after is cut; any other length is refused. What has no rate goes with the output's frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from heatvid._errors import OptionError
from heatvid._jobs.when import chosen
from heatvid._options.options import Options
from heatvid.sources import Source


@dataclass(frozen=True)
class Stepped:
    """A field that is to be shown.

    Attributes
    ----------
    options : Options
        Which hold for it.
    source : Source
        Open.
    ends : Fraction or None
        When the last moment that is shown has passed; None where the field tells that itself.
    """

    options: Options
    source: Source
    ends: Fraction | None = None

    @property
    def rate(self) -> Fraction | None:
        """Its frames a second, as asked for, else its own."""
        asked = self.options.source_fps
        return self.source.fps if asked is None else asked / self.step

    @property
    def step(self) -> int:
        """How many of all its frames each one that was chosen stands for."""
        return chosen(self.source).step

    @property
    def lasts(self) -> Fraction | None:
        """Seconds, where that is known."""
        length, rate = self.source.length, self.rate
        return None if length is None or rate is None else length / rate


def in_step(fields: Sequence[Stepped]) -> list[Stepped]:
    """Give fields one clock, where their rates differ.

    Raises
    ------
    OptionError
        They last differently long.
    """
    rates = {field.rate for field in fields if field.rate is not None}
    if len(rates) < 2:  # each has the same clock by itself
        return list(fields)
    fastest = max((f for f in fields if f.rate is not None), key=lambda field: field.rate or 0)
    fps = fields[0].options.fps or fastest.rate
    at_once = (replace(field, options=replace(field.options, fps=fps)) for field in fields)
    return [_between(field, fastest) for field in at_once]


def _between(field: Stepped, fastest: Stepped) -> Stepped:
    """Show a field at its own times, as long as the fastest one lasts."""
    own = (field.rate or field.options.fps or Fraction(1)) * field.step
    options = replace(field.options, source_fps=own, hold=field.options.hold or "previous")
    stepped = replace(field, options=options, ends=fastest.lasts)
    lasts, most = stepped.lasts, fastest.lasts
    if lasts is None or most is None or fastest.rate is None:
        return stepped
    if abs(lasts - most) > max(field.step / own, 1 / fastest.rate):
        raise OptionError(
            f"panels: {_told(stepped, lasts)}, {_told(fastest, most)}; allowed are equal times, up "
            "to one frame (frames='START:STOP' takes a part)"
        )
    return stepped


def _told(field: Stepped, lasts: Fraction) -> str:
    return f"{field.source.name} lasts {float(lasts):g} s ({field.source.length} frames)"
