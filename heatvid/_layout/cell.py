"""A cell: a panel as it is asked for, before it has a size."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from heatvid._canvas import Canvas
from heatvid._layout.frame_labels import FrameLabels
from heatvid._plan.tile import TilePlan
from heatvid.sources._about import About

Size = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Cell:
    """A panel whose size is to be found.

    Attributes
    ----------
    feed : int
        What brings its field and its background.
    size : (int, int)
        Height and width of its content, as it comes.
    plan : callable or None
        Of a canvas: how its field is shown there; None for pictures as they are.
    under : callable
        Of a canvas: as what the feed's pictures come for it.
    labels : FrameLabels
        What its frames are.
    caption : str
    channel : int or None
        The one that is shown, of several.
    about : About
        Of the field.
    moves_with : hashable
        Equal for those whose limits are the same wherever they move.
    """

    feed: int
    size: Size
    plan: Callable[[Canvas], TilePlan] | None
    under: Callable[[Canvas], Canvas]
    labels: FrameLabels
    caption: str = ""
    channel: int | None = None
    about: About = field(default_factory=About)
    moves_with: Hashable = None
