"""The frozen plan of a composed frame: tiles over a template that is drawn once, and few texts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from heatvid._canvas import Box, Canvas
from heatvid._frames import AnyArray, Bytes, address_of
from heatvid._plan.tile import FieldPlan, TilePlan
from heatvid._values.averages import mean_of
from heatvid._values.limits import FieldLimits, Limits


class Facts(NamedTuple):
    """What texts say of one frame of a field.

    Attributes
    ----------
    limits : Limits, tuple of Limits or None
    values : (float, float, float) or None
        The least, the greatest and the mean of its finite values, where a text needs them.
    """

    limits: FieldLimits | None
    values: tuple[float, float, float] | None = None


class MovingText(Protocol):
    """A text that may differ from frame to frame."""

    @property
    def needs_values(self) -> bool:
        """Whether it says something of a frame's values, which are then measured."""

    @property
    def shows_through(self) -> Box | None:
        """The pixels that it changes, where some of what was there is seen; None of nothing."""

    def draw(self, frame: Bytes, index: int, facts: Facts) -> None:
        """Draw what frame ``index`` says into its canvas bytes, shape (frame_bytes,)."""


class PlaneRows(NamedTuple):
    """One plane of a frame, and where its rows lie in a larger one.

    Attributes
    ----------
    own, there : int
        First byte in the frame, whose rows follow each other, and in the larger one.
    rows, row_bytes : int
    pitch : int
        Bytes from row to row in the larger one.
    """

    own: int
    there: int
    rows: int
    row_bytes: int
    pitch: int


@dataclass(frozen=True)
class Placement:
    """Where the frames of a canvas lie in those of a larger one, of the same pixels.

    Attributes
    ----------
    canvas : Canvas
    whole : Canvas
        The larger one.
    top, left : int
        Even where chroma is halved.
    """

    canvas: Canvas
    whole: Canvas
    top: int
    left: int

    def put(self, frames: Bytes, whole: Bytes) -> None:
        """Copy frames, shape (n, own bytes), into larger ones, (n, whole.frame_bytes)."""
        own = Box(0, 0, *self._box[2:])
        for part, frame in zip(frames, whole, strict=True):
            planes = self.whole.parts_of(frame, self._box), self.canvas.parts_of(part, own)
            for there, here in zip(*planes, strict=True):
                there[...] = here

    @cached_property
    def planes(self) -> tuple[PlaneRows, ...]:
        """What is copied of each plane, for those who copy by address."""
        frame = np.empty(self.whole.frame_bytes, np.uint8)
        parts = zip(self.canvas.planes, self.whole.parts_of(frame, self._box), strict=True)
        return tuple(
            PlaneRows(
                own.offset, address_of(there) - address_of(frame), len(there),
                own.size // len(there), there.strides[0],
            )
            for own, there in parts
        )  # fmt: skip

    @property
    def _box(self) -> Box:
        return Box(self.top, self.left, self.canvas.height, self.canvas.width)


@dataclass(frozen=True, eq=False)
class Tile:
    """What one rectangle of the frame shows.

    Attributes
    ----------
    box : Box
        Where its canvas lies: even rows and columns where chroma is halved.
    canvas : Canvas
    plan : TilePlan or None
        How a field is shown; None for the pictures of its background as they are.
    feed : int
        Whose field, or background.
    channel : int or None
        The one that is shown, of frames of several.
    under : Canvas or None
        What those pictures come as.
    """

    box: Box
    canvas: Canvas
    plan: TilePlan | None
    feed: int = 0
    channel: int | None = None
    under: Canvas | None = None


@dataclass(frozen=True, eq=False)
class FramePlan:
    """Everything decided of composed frames before the first pixel moves.

    Attributes
    ----------
    canvas : Canvas
        Of the whole frame.
    tiles : tuple of Tile
        No two of which overlap.
    template : ndarray, shape (canvas.frame_bytes,) uint8
        What lies around the tiles.
    texts : tuple of (MovingText, int)
        Drawn over all, each with the feed that it tells of.
    batch_size : int
    """

    canvas: Canvas
    tiles: tuple[Tile, ...]
    template: Bytes
    texts: tuple[tuple[MovingText, int], ...]
    batch_size: int

    @cached_property
    def main(self) -> TilePlan:
        """The plan of the first tile that shows a field."""
        return next(tile.plan for tile in self.tiles if tile.plan is not None)

    @property
    def field(self) -> FieldPlan:
        """The field of that tile."""
        return self.main.field

    @cached_property
    def places(self) -> tuple[Placement, ...]:
        """Where each tile lies."""
        return tuple(
            Placement(tile.canvas, self.canvas, tile.box.top, tile.box.left) for tile in self.tiles
        )

    @property
    def feeds(self) -> int:
        """How many feeds there are."""
        return 1 + max(tile.feed for tile in self.tiles)

    @cached_property
    def soiled(self) -> tuple[Box, ...]:
        """Where texts change what is no tile, which has to be there again before each drawing."""
        tiles = [Box(tile.box.top, tile.box.left, tile.canvas.height, tile.canvas.width)
                 for tile in self.tiles]  # fmt: skip
        changed = [text.shows_through for text, _ in self.texts]
        return tuple(
            box for box in changed
            if box is not None and not any(tile.contains(box) for tile in tiles)
        )  # fmt: skip

    def clean(self, frames: Bytes) -> None:
        """Bring the template back to frames, (n, frame_bytes), where texts have changed it."""
        for box in self.soiled:
            given = self.canvas.parts_of(self.template, box)
            for frame in frames:
                for own, part in zip(self.canvas.parts_of(frame, box), given, strict=True):
                    own[...] = part

    def tiles_of(self, feed: int) -> list[int]:
        """Which tiles show what a feed brings; what the first of them reads serves the others.

        Those come first whose field lies over pictures.
        """
        own = [i for i, tile in enumerate(self.tiles) if tile.feed == feed and tile.plan]
        return sorted(own, key=lambda i: not _blends(self.tiles[i]))


def _blends(tile: Tile) -> bool:
    return tile.plan is not None and tile.plan.blends


def limits_of(limits: FieldLimits, channel: int | None) -> FieldLimits:
    """Limits of a field, or of the channel of it that a tile shows."""
    if channel is None or isinstance(limits, Limits):
        return limits
    return limits[channel]


def values_of(frame: AnyArray) -> tuple[float, float, float]:
    """The least, the greatest and the mean of a frame's finite values; NaN where it has none."""
    finite = frame[np.isfinite(frame)] if frame.dtype.kind == "f" else frame
    if not finite.size:
        return (np.nan, np.nan, np.nan)
    return float(finite.min()), float(finite.max()), mean_of(finite)
