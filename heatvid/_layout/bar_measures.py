"""The measures of a colourbar: what it shows, and where along it and across it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from heatvid._color.colormaps import OVER, UNDER
from heatvid._layout.bar_ends import beyond
from heatvid._layout.fonts import Font
from heatvid._layout.piece import even
from heatvid._layout.scale import Scale
from heatvid._layout.sides import Side
from heatvid._layout.tick_texts import Tick, Ticks
from heatvid._layout.ticks import MOVING, ticks_of
from heatvid._plan.tile import TilePlan
from heatvid._values.limits import Limits

NAN = "NaN"
WIDE = "−1.23e+04"  # the room of a text that moves; longer ones are drawn smaller
ANY_LIMITS = Limits(1.0, 10.0)  # of a bar whose limits move: its colours are the same
_TALLER = 3  # heights of a letter that a text is wide, at most, where texts stand side by side


@dataclass(frozen=True, eq=False)
class BarMeasures:
    """What a bar shows and where; see :class:`heatvid._layout.colorbar.Colorbar`.

    *Along* is counted from its low end, *across* from the tile outward.
    """

    plan: TilePlan
    side: Side
    length: int
    font: Font
    labelled: bool
    extend: tuple[bool, bool] | None
    bad: bool | None

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        lines = self.labelled or (bool(self.ticks.apart) and not self.upright)
        thickness = even(self.label_across + (self.em + self.gap if lines else 0))
        return (self.length, thickness) if self.upright else (thickness, self.length)

    @property
    def upright(self) -> bool:
        return self.side in ("right", "left")

    @property
    def em(self) -> int:
        return self.font.height

    @property
    def gap(self) -> int:
        return max(2, self.font.size // 4)

    @property
    def line(self) -> int:
        """Width of lines."""
        return max(1, self.font.size // 16)

    @cached_property
    def thickness(self) -> int:
        return even(self.font.size * 1.1)

    @cached_property
    def first_across(self) -> int:
        """Where the colours begin, behind their outline."""
        return even(self.line)

    @cached_property
    def text_across(self) -> int:
        tick = max(2, self.font.size // 4)
        return self.first_across + self.thickness + self.line + tick + self.gap

    @cached_property
    def label_across(self) -> int:
        return self.text_across + self.text_room + self.gap

    @cached_property
    def text_room(self) -> int:
        """Across, what the widest text of a tick takes."""
        if not self.upright:
            return self.em
        beside_bar = self.font.width(self.ticks.apart) + self.first_across - self.text_across
        return max(self.widest, beside_bar)

    @cached_property
    def widest(self) -> int:
        widths = [self.font.width(tick.label) for tick in self.ticks.ticks if tick.label]
        widths += [self.font.width(NAN)] * self.shows_bad
        return max([*widths, self.font.width(WIDE) * self.moves])

    @cached_property
    def margin(self) -> int:
        """Along, what half a text takes that stands at the end of the bar."""
        return even((self.em if self.upright else self.widest) / 2)

    @cached_property
    def ends(self) -> tuple[int, int]:
        """Along, what lies before and behind the colours between the limits."""
        before, behind = self.margin, self.margin
        if self.shows_bad:
            before += even(max(self.thickness / 2, self.margin) + self.margin + self.gap)
        if self.ticks.apart and self.upright:
            behind += even(self.em)
        before += self.extension * (self.under is not None)
        return before, behind + self.extension * (self.over is not None)

    @property
    def bad_start(self) -> int:
        return even(max(self.line, self.margin - self.thickness / 2))

    @cached_property
    def ramp_length(self) -> int:
        return self.length - sum(self.ends)

    @cached_property
    def extension(self) -> int:
        return max(self.thickness, even(self.length / 20))

    @cached_property
    def space(self) -> int:
        """Intervals between ticks that there is space for, as matplotlib estimates it."""
        letters = 2 if self.upright else _TALLER
        ends = 2 * even(self.em)  # as the ends may not be known before the ticks are
        return max(1, (self.length - ends) // (letters * self.font.size))

    @property
    def moves(self) -> bool:
        return self.plan.field.limits is None

    @cached_property
    def limits(self) -> Limits:
        limits = self.plan.field.limits
        if limits is None:
            return self.plan.field.norm.adjust(ANY_LIMITS)
        assert isinstance(limits, Limits), f"{limits = } of a scalar field"
        return limits

    def scale_of(self, limits: Limits) -> Scale:
        return Scale(self.plan.field.norm, limits, self.plan.field.entries)

    @cached_property
    def scale(self) -> Scale:
        return self.scale_of(self.limits)

    @cached_property
    def ticks(self) -> Ticks:
        if not self.moves:
            return ticks_of(self.scale, self.space)
        room = 2 * self.em if self.upright else self.font.width(WIDE) + self.gap
        spare = 0 if self.upright else 2 * room  # what stands beyond the ends
        count = max(2, min(MOVING, (self.length - spare) // room))
        return Ticks(tuple(Tick(np.nan, i / (count - 1), None) for i in range(count)))

    @cached_property
    def under(self) -> float | None:
        """A value below the limits, where such are shown."""
        return beyond(self.plan.field, self.scale, UNDER) if self.extends[0] else None

    @cached_property
    def over(self) -> float | None:
        return beyond(self.plan.field, self.scale, OVER) if self.extends[1] else None

    @cached_property
    def extends(self) -> tuple[bool, bool]:
        if self.extend is not None:
            return self.extend
        colors = self.plan.field.colors
        rows = np.column_stack([colors.deep, colors.alpha])
        return bool((rows[UNDER] != rows[0]).any()), bool((rows[OVER] != rows[UNDER - 1]).any())

    @property
    def shows_bad(self) -> bool:
        field = self.plan.field
        may_be = field.value_dtype.kind == "f" and not field.complete
        return may_be if self.bad is None else self.bad
