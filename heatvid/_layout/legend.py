"""The legend of labels: a box of each one's colour beside its name, in columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from heatvid._canvas import Box
from heatvid._color.ink import Rgb
from heatvid._errors import OptionError
from heatvid._layout.caption import cut_short
from heatvid._layout.fonts import Font
from heatvid._layout.piece import Moving, even
from heatvid._layout.swatches import swatch
from heatvid._layout.template import Patch, Template
from heatvid._plan.tile import TilePlan
from heatvid._values.limits import Limits

NO_LIMITS = Limits(0.0, 0.0)  # of labels


@dataclass(frozen=True, eq=False)
class Legend:
    """What the colours of labels are called.

    Attributes
    ----------
    plan : TilePlan
        Of a tile that shows labels.
    names : mapping of int to str
        At least one.
    font : Font
    rgb : (int, int, int)
        Of names and outlines.
    width : int
        The room, even.
    columns : int or None
        By default as many as fit.
    height : int or None
        The room, where it is bounded: for it there are more columns.
    """

    plan: TilePlan
    names: Mapping[int, str]
    font: Font
    rgb: Rgb
    width: int
    columns: int | None = None
    height: int | None = None

    def __post_init__(self) -> None:
        demand_labels(self.plan, "legend")
        if not self.names:
            raise OptionError(
                "legend: no names of labels are known; allowed are a dict, a text of lines "
                "'7: a red car', or frames that say them"
            )
        if self._narrowest > self.width:
            raise OptionError(
                f"legend: {self.width} pixels have no room for it; allowed are {self._narrowest} "
                f"and more, or smaller letters than of {self.font.size} pixels"
            )
        if self.height is not None and self.size[0] > self.height:
            raise OptionError(
                f"legend: {self.width}x{self.height} pixels have no room for {len(self.names)} "
                f"names; allowed are larger panels (zoom=), smaller letters than of "
                f"{self.font.size} pixels, or a side where they lie in rows (bottom, top)"
            )

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return even(self._rows * self._pitch), min(self.width, self._columns * self._column_width)

    @property
    def _side(self) -> int:
        """Of a box of colour."""
        return even(self.font.size)

    @property
    def _gap(self) -> int:
        return even(self.font.size / 2)

    @property
    def _pitch(self) -> int:
        """From one row to the next, even so that boxes lie on whole samples of chroma."""
        return even(max(self.font.height, self._side + 4))

    @cached_property
    def _column_width(self) -> int:
        widest = max(self.font.width(name) for name in self.names.values())
        needed = even(self._side + self._gap // 2 + widest + self._gap)
        return max(self._narrowest, min(needed, self.width // (self._wanted or 1) // 2 * 2))

    @cached_property
    def _wanted(self) -> int | None:
        """Columns that are asked for, or more where those are too high."""
        if self.columns is None or self.height is None:
            return self.columns
        most_rows = max(1, self.height // self._pitch)
        return max(self.columns, -(-len(self.names) // most_rows))

    @property
    def _narrowest(self) -> int:
        """Of a column: its box and the beginning of a name."""
        return self._side + self._gap + even(2 * self.font.size)

    @cached_property
    def _columns(self) -> int:
        fitting = max(1, self.width // self._column_width)
        rows = -(-len(self.names) // min(self._wanted or fitting, fitting))
        return -(-len(self.names) // rows)  # the last ones may be empty

    @cached_property
    def _rows(self) -> int:
        return -(-len(self.names) // self._columns)

    def draw(self, template: Template, top: int, left: int) -> tuple[Moving, ...]:
        """Draw boxes and names, one below the other."""
        room = self._column_width - self._side - self._gap
        for i, (label, patch) in enumerate(cells(self.plan, sorted(self.names), self._side)):
            column, row = divmod(i, self._rows)
            x = left + column * self._column_width + 2
            y = top + row * self._pitch
            inset = even((self._pitch - self._side) / 2)
            outline = Box(y + inset - 1, x - 1, self._side + 2, self._side + 2)
            template.fill(outline, self.rgb)
            template.paste(y + inset, x, patch)
            coverage = self.font.coverage(cut_short(self.names[label], self.font, room))
            middle = y + inset + self._side / 2
            start = x + self._side + self._gap // 2
            template.blend(round(middle - self.font.middle), start, coverage, self.rgb)
        return ()


def demand_labels(plan: TilePlan, option: str) -> None:
    """Refuse fields that are not of labels."""
    if plan.field.norm.kind != "labels":
        raise OptionError(
            f"{option}: got norm={plan.field.norm.kind!r}; allowed are fields of labels "
            "(norm='labels' or channel='argmax')"
        )


def cells(plan: TilePlan, labels: Sequence[int], side: int) -> Iterator[tuple[int, Patch]]:
    """A square of each label's colour, ``side`` pixels wide, even."""
    values = np.repeat(np.array(labels, np.float64), side)
    picture = swatch(plan, np.broadcast_to(values, (side, len(values))), NO_LIMITS)
    drawn = Template(picture.canvas, picture.frame)
    for i, label in enumerate(labels):
        yield label, drawn.crop(Box(0, i * side, side, side))
