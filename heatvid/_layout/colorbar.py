"""The colourbar of a tile: its colours as it shows them, ticks by matplotlib's rules, a label."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from heatvid._canvas import Box
from heatvid._color.ink import Ink, Rgb
from heatvid._errors import OptionError
from heatvid._frames import Bytes
from heatvid._layout.bar_measures import NAN, WIDE, BarMeasures
from heatvid._layout.caption import cut_short
from heatvid._layout.fonts import Font, Label
from heatvid._layout.moving_text import KEPT, Align, MovingText, Words
from heatvid._layout.piece import Moving
from heatvid._layout.sides import Side, Strip, arrow
from heatvid._layout.swatches import ink_of, swatch
from heatvid._layout.template import Template
from heatvid._layout.texts import FrameFacts
from heatvid._layout.tick_texts import Tick
from heatvid._layout.ticks import moving_labels
from heatvid._plan.tile import TilePlan
from heatvid._values.limits import Limits


@dataclass(frozen=True, eq=False)
class Colorbar:
    """A bar of the colours of a tile.

    Attributes
    ----------
    plan : TilePlan
        Of the tile. Where it has no limits, they are those of each frame.
    side : {"right", "left", "bottom", "top"}
        Of the tile.
    length : int
        Of the side, even.
    font : Font
        Of ticks and label.
    rgb : (int, int, int)
        Of texts and lines.
    label : str
        The quantity, with its unit.
    extend : (bool, bool) or None
        Whether under and over are shown; by default where they have colours of their own.
    bad : bool or None
        Whether NaN is shown; by default where it may occur.
    """

    plan: TilePlan
    side: Side
    length: int
    font: Font
    rgb: Rgb
    label: str = ""
    extend: tuple[bool, bool] | None = None
    bad: bool | None = None

    def __post_init__(self) -> None:
        if self.plan.field.kind != "scalar":
            raise OptionError(
                f"colorbar: got channel={self.plan.field.kind!r}; allowed are fields whose colours "
                "stand for one value"
            )
        m = self.measures
        if m.ramp_length < m.thickness:
            needed = self.length + m.thickness - m.ramp_length
            raise OptionError(
                f"colorbar: a side of {self.length} pixels has no room for it; allowed are "
                f"{needed} and more, or smaller letters than of {self.font.size} pixels"
            )

    @cached_property
    def measures(self) -> BarMeasures:
        """What it shows, and where."""
        return BarMeasures(
            self.plan, self.side, self.length, self.font, bool(self.label), self.extend, self.bad
        )

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.measures.size

    def draw(self, template: Template, top: int, left: int) -> tuple[Moving, ...]:
        """Draw bar, ticks and label; give the texts of ticks that move."""
        strip = Strip(self.side, Box(top, left, *self.size))
        self._draw_ramp(template, strip)
        self._draw_ends(template, strip)
        if self.measures.shows_bad:
            self._draw_bad(template, strip)
        if self.label:
            self._draw_label(template, strip)
        for tick in self.measures.ticks.ticks:
            self._draw_mark(template, strip, tick)
        self._draw_texts(template, strip)
        return tuple(self._moving_texts(template, strip)) if self.measures.moves else ()

    def _draw_ramp(self, template: Template, strip: Strip) -> None:
        count, thickness = self.measures.ramp_length, self.measures.thickness
        values = self.measures.scale.values((np.arange(count) + 0.5) / count)
        pixels = np.broadcast_to(values[:, None], (count, thickness))
        patch = swatch(self.plan, strip.turned(pixels), self.measures.limits)
        box = strip.part(self.measures.ends[0], self.measures.first_across, count, thickness)
        self._outline(template, box)
        template.paste(box.top, box.left, patch)

    def _outline(self, template: Template, box: Box) -> None:
        line = self.measures.line
        template.fill(
            Box(box.top - line, box.left - line, box.height + 2 * line, box.width + 2 * line),
            self.rgb,
        )

    def _draw_ends(self, template: Template, strip: Strip) -> None:
        """Triangles of under and over, with their outline."""
        m = self.measures
        outer = round(m.extension * (1 + 2 * m.line / m.thickness))
        for value, low in ((m.under, True), (m.over, False)):
            if value is not None:
                line = Ink(template.canvas, self.rgb)
                ink = ink_of(self.plan, value, m.limits, template.canvas)
                self._draw_arrow(template, strip, line, outer, m.line, low=low)
                self._draw_arrow(template, strip, ink, m.extension, 0, low=low)

    def _draw_arrow(
        self, template: Template, strip: Strip, ink: Ink, length: int, wider: int, *, low: bool
    ) -> None:
        m = self.measures
        shape = arrow(length, m.thickness + 2 * wider)
        start = m.ends[0] - length if low else m.ends[0] + m.ramp_length
        box = strip.part(start, m.first_across - wider, *shape.shape)
        template.blend(box.top, box.left, strip.turned(shape[::-1] if low else shape), ink)

    def _draw_bad(self, template: Template, strip: Strip) -> None:
        side, start = self.measures.thickness, self.measures.bad_start
        box = strip.part(start, self.measures.first_across, side, side)
        patch = swatch(self.plan, np.full((side, side), np.nan), self.measures.limits)
        self._outline(template, box)
        template.paste(box.top, box.left, patch)
        self._draw_text(template, self._room(strip, start + side / 2, self.font.width(NAN)), NAN)

    def _draw_mark(self, template: Template, strip: Strip, tick: Tick) -> None:
        """A line from the bar outward, half as long for a minor tick."""
        along = self._along(tick.place)
        start = self.measures.first_across + self.measures.thickness
        length = self.measures.line + max(2, self.font.size // 4) // (1 if tick.major else 2)
        place = int(np.floor(along)) - self.measures.line // 2
        template.fill(strip.part(place, start, self.measures.line, length), self.rgb)

    def _along(self, place: float) -> float:
        return self.measures.ends[0] + place * self.measures.ramp_length

    def _draw_texts(self, template: Template, strip: Strip) -> None:
        """Texts of ticks, but for those that would run into others; that of 0 goes first."""
        taken: list[Box] = []
        for tick in sorted(self.measures.ticks.ticks, key=lambda tick: tick.value != 0):
            if tick.label is None:
                continue
            room = self._room(strip, self._along(tick.place), self.font.width(tick.label))
            if not any(room.meets(other) for other in taken):
                taken.append(room)
                self._draw_text(template, room, tick.label)
        if self.measures.ticks.apart:
            self._draw_text(template, self._room_apart(strip), self.measures.ticks.apart)

    def _room(self, strip: Strip, along: float, width: int) -> Box:
        """Where a text of a tick lies: beside its place, centred on it."""
        if strip.upright:
            box = strip.part(0, self.measures.text_across, 0, width)
            top = round(strip.box.bottom - along - self.font.middle)
            return Box(top, box.left, self.font.height, width)
        box = strip.part(0, self.measures.text_across, width, self.font.height)
        return Box(box.top, round(box.left + along - width / 2), box.height, width)

    def _room_apart(self, strip: Strip) -> Box:
        """Where a power of ten or an offset lies that is set apart: behind the end of the bar."""
        width = self.font.width(self.measures.ticks.apart)
        if strip.upright:
            box = strip.part(0, self.measures.first_across, 0, width)
            return Box(strip.box.top, box.left, self.font.height, width)
        return strip.part(self.length - width, self.measures.label_across, width, self.font.height)

    def _draw_text(self, template: Template, room: Box, text: str | Label) -> None:
        template.blend(room.top, room.left, self.font.coverage(text), self.rgb)

    def _draw_label(self, template: Template, strip: Strip) -> None:
        """Along the bar, in its middle; upright ones are read from below."""
        coverage = self.font.coverage(cut_short(self.label, self.font, self.length))
        start = (self.length - coverage.shape[1]) // 2
        box = strip.part(start, self.measures.label_across, coverage.shape[1], self.measures.em)
        shown: Bytes = np.rot90(coverage) if strip.upright else coverage
        template.blend(box.top, box.left, shown, self.rgb)

    def _moving_texts(self, template: Template, strip: Strip) -> Iterator[MovingText]:
        for i, tick in enumerate(self.measures.ticks.ticks):
            width = self.font.width(WIDE)
            room = self._room(strip, self._along(tick.place), width)
            align: Align = "center"
            if strip.upright:
                align = "left" if strip.side == "right" else "right"
            yield MovingText(
                template.canvas, self._words(i), self.font, self.rgb, room, align,
                template.ground(room),
            )  # fmt: skip

    def _words(self, i: int) -> Words:
        def words(index: int, facts: FrameFacts) -> Label:
            assert facts.limits is not None, "limits of a frame, for a bar whose limits move"
            return self._labels_at(facts.limits)[i]

        return words

    @cached_property
    def _labels_at(self) -> Callable[[Limits], list[Label]]:
        """Texts of all ticks at some limits; those of one frame are asked for one by one."""
        count = len(self.measures.ticks.ticks)
        return lru_cache(KEPT)(lambda limits: moving_labels(self.measures.scale_of(limits), count))
