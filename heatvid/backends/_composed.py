"""Renders composed frames: one prepared backend a tile, placed over a template, with texts.

Around it lie the template's bytes, which nothing touches once they are in a slot. What renders in
host memory does so a few frames at a time, so that they are still in the cache when they are
placed; a device copies its tiles to their places itself.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

from heatvid._color.colorspace import rgb_to_canvas
from heatvid._frames import Bytes, page_aligned
from heatvid._plan.frame import Facts, FramePlan, Tile, limits_of, values_of
from heatvid.backends._base import Announce, OnHost, Renderer, Slot

_TOGETHER_BYTES = 1 << 20  # of a tile's frames that are rendered before they are placed


@dataclass(eq=False)
class Parts:
    """What a slot of composed frames is made of.

    Attributes
    ----------
    feeds : list of Slot
        What each feed fills; the composed slot is the first.
    tiles : list of Slot or None
        What each tile is rendered from; None for pictures as they are.
    frames : ndarray, shape (batch_size, frame_bytes), uint8
        Where tiles are placed, with the template in it to stay; empty where that is the memory of
        whoever fills the slot.
    """

    feeds: list[Slot]
    tiles: list[Slot | None]
    frames: Bytes

    def let_values_go(self) -> None:
        """Hold values no more, which are rendered; but the composed slot itself, whose own are."""
        for slot in (*self.feeds[1:], *self.tiles):
            if slot is not None:
                slot.let_values_go()

    def let_go(self) -> None:
        """Hold no memory any more."""
        self.frames = self.frames[:0].copy()
        for filled in self.feeds:
            filled.let_go()


class ComposedRenderer:
    """A renderer of frames that are composed; see :class:`heatvid.backends.Renderer`.

    Parameters
    ----------
    first : Renderer
        Of the first tile; the others are rendered by such as it makes.
    """

    reads_rows = places = False
    memory = OnHost()  # what several tiles show is brought to each of them

    def __init__(self, first: Renderer) -> None:
        self._first = first
        assert first.synchronous or first.places, f"{first.name}: what is placed is complete"
        self.name, self.synchronous = first.name, first.synchronous
        self.announce: Announce | None = None
        self._renderers: list[Renderer | None] = []
        self._made: list[Parts] = []
        self._own = threading.local()  # what each render thread renders tiles into

    def another(self) -> ComposedRenderer:
        """Make one of the same kind, on the same device."""
        return type(self)(self._first.another())

    def prepare(self, plan: FramePlan) -> None:
        """Build tables and kernels for the plan."""
        self._plan = plan
        self._told = {feed for _, feed in plan.texts}
        self._measured = {feed for text, feed in plan.texts if text.needs_values}
        self._limits = {tile.feed: tile.plan.field.limits for tile in plan.tiles if tile.plan}
        self._renderers, unused = [], [self._first]
        try:
            for tile in plan.tiles:
                if tile.plan is None:
                    self._renderers.append(None)
                    continue
                renderer = unused.pop() if unused else self._first.another()
                renderer.announce = self.announce
                self._renderers.append(renderer)
                renderer.prepare(tile.plan)
        except BaseException:
            self.close()
            raise

    def ring(self) -> tuple[int, int]:
        """Render threads, and slots, as they suit a tile."""
        return self._first.ring()

    def new_frames(self, count: int, frame_bytes: int) -> Bytes:
        """Make memory that suits a tile."""
        return self._first.new_frames(count, frame_bytes)

    def slot(self, input_shape: tuple[Any, ...], *, has_output: bool = True) -> Slot:
        """Make a slot, with what each tile is rendered from.

        Parameters
        ----------
        input_shape : tuple of tuple of int
            One frame in the buffer of each feed; () for no buffer.
        has_output : bool
            Whether it has memory to render to, with the template in it.
        """
        plan = self._plan
        tiles: list[Slot | None] = [None] * len(plan.tiles)
        feeds = [self._filled_by(feed, shape, tiles) for feed, shape in enumerate(input_shape)]
        own = has_output or self._first.places  # what a device copies into is made by it
        frames = self.new_frames(plan.batch_size if own else 0, plan.canvas.frame_bytes)
        frames[...] = plan.template
        for tile, place in zip(tiles, plan.places, strict=True):
            if tile is not None and self._first.places:
                tile.output, tile.place = frames, place
        feeds[0].output = frames if has_output else frames[:0]
        feeds[0].backend = Parts(feeds, tiles, frames)
        self._made.append(feeds[0].backend)
        return feeds[0]

    def _filled_by(self, feed: int, shape: tuple[int, ...], tiles: list[Slot | None]) -> Slot:
        """Make what a feed fills, in the memory of its first tile, and what its tiles render."""
        plan = self._plan
        filled = _empty_slot()
        for first, i in enumerate(plan.tiles_of(feed)):
            renderer = self._renderers[i]
            assert renderer is not None
            given = () if first else shape
            tile = tiles[i] = renderer.slot(given, has_output=False)
            if not first:
                filled = Slot(tile.input, tile.background, filled.output, tile.mask)
        pictures = [tile.under for tile in plan.tiles if tile.feed == feed and tile.under]
        if pictures and not filled.background.size:
            size = (plan.batch_size, pictures[0].frame_bytes)
            filled.background = page_aligned(size, np.uint8)
        return filled

    def render(self, slot: Slot) -> None:
        """Render what the feeds brought into ``slot.output``, maybe later."""
        parts: Parts = slot.backend
        frames = _placed_in(slot)
        if not len(parts.frames):
            frames[...] = self._plan.template
        self._plan.clean(frames)
        for i, tile in enumerate(self._plan.tiles):
            filled, part, renderer = parts.feeds[tile.feed], parts.tiles[i], self._renderers[i]
            if renderer is None or part is None or not renderer.places:
                self._render_on_host(i, filled, part, frames)
            else:
                _share(filled, tile, slice(0, len(slot.data)), part)
                renderer.render(part)
        if self.synchronous:
            self._draw_texts(slot)
            parts.let_values_go()

    def _render_on_host(self, i: int, filled: Slot, part: Slot | None, frames: Bytes) -> None:
        """Render a tile a few frames at a time, and place them."""
        tile, renderer, n = self._plan.tiles[i], self._renderers[i], len(frames)
        together = max(1, _TOGETHER_BYTES // tile.canvas.frame_bytes)
        for first in range(0, n, together):
            some = slice(first, min(first + together, n))
            if renderer is None or part is None:
                rendered = _pictures(filled.background[some], tile)
            else:
                _share(filled, tile, some, part)
                rendered = part.output = self._memory_of_thread(i, together)
                renderer.render(part)
            self._plan.places[i].put(rendered[: some.stop - first], frames[some])

    def _memory_of_thread(self, i: int, frames: int) -> Bytes:
        """What a render thread renders a tile into."""
        own: dict[int, Bytes] = self._own.__dict__.setdefault("tiles", {})
        if i not in own:
            frames = min(frames, self._plan.batch_size)
            own[i] = page_aligned((frames, self._plan.tiles[i].canvas.frame_bytes), np.uint8)
        return own[i]

    def wait(self, slot: Slot) -> None:
        """Return when the slot's output is complete."""
        if self.synchronous:
            return
        parts: Parts = slot.backend
        for renderer, part in zip(self._renderers, parts.tiles, strict=True):
            if renderer is not None and part is not None:
                renderer.wait(part)
        self._draw_texts(slot)
        if slot.output is not parts.frames:
            slot.frames[...] = _placed_in(slot)
        parts.let_values_go()

    def _draw_texts(self, slot: Slot) -> None:
        """Draw the texts of each frame, which is complete but for them."""
        parts: Parts = slot.backend
        for i, frame in enumerate(_placed_in(slot)):
            facts = {feed: self._facts(feed, parts.feeds[feed], i) for feed in self._told}
            for text, feed in self._plan.texts:
                text.draw(frame, slot.start + i, facts[feed])

    def _facts(self, feed: int, filled: Slot, i: int) -> Facts:
        """What texts say of a frame."""
        limits = filled.limits[i] if filled.limits else self._limits[feed]
        measured = feed in self._measured
        return Facts(limits, values_of(np.asarray(filled.data[i])) if measured else None)

    def close(self) -> None:
        """Give back what :meth:`prepare` took."""
        while self._made:
            self._made.pop().let_go()
        for renderer in self._renderers:
            if renderer is not None:
                renderer.close()


def _empty_slot() -> Slot:
    empty = np.empty((0, 0), np.uint8)
    return Slot(empty, empty, empty)


def _placed_in(slot: Slot) -> Bytes:
    """Where the tiles of a slot are placed, shape (n, frame_bytes)."""
    parts: Parts = slot.backend
    return parts.frames[: len(slot.data)] if len(parts.frames) else slot.frames


def _share(filled: Slot, tile: Tile, some: slice, part: Slot) -> None:
    """Give some of the frames that a feed brought to a tile, to be rendered."""
    assert tile.plan is not None
    data = filled.data[some]
    part.data = data if tile.channel is None else data[..., tile.channel]
    part.limits = tuple(limits_of(own, tile.channel) for own in filled.limits[some])
    if tile.plan.blends:
        part.background = filled.background[some]
    if tile.plan.mask is not None:
        part.mask = filled.mask[some]


def _pictures(frames: Bytes, tile: Tile) -> Bytes:
    """Frames of a background as the tile has them."""
    under = tile.under
    assert under is not None
    if under.pixel_format == tile.canvas.pixel_format:
        return frames
    converted = np.empty((len(frames), tile.canvas.frame_bytes), np.uint8)
    for frame, out in zip(frames, converted, strict=True):
        rgb_to_canvas(under.planes[0].of(frame), tile.canvas, out)
    return converted
