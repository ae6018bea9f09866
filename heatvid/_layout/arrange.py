"""Where everything lies: tiles with what is drawn at their sides, in rows, with gaps between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from heatvid._canvas import Box
from heatvid._layout.cell import Cell
from heatvid._layout.piece import Piece, even


class Margins(NamedTuple):
    """Pixels at the sides of something, all even."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0


class Room(NamedTuple):
    """What something takes: its own size, which may be odd, and the margins around it."""

    height: int
    width: int
    margins: Margins = Margins()


@dataclass(frozen=True)
class Arrangement:
    """Where rooms lie.

    Attributes
    ----------
    height, width : int
        Of all, even.
    boxes : tuple of tuple of Box or None
        Each room's own place without its margins; rows and columns are even.
    """

    height: int
    width: int
    boxes: tuple[tuple[Box | None, ...], ...]


def arrange(rooms: Sequence[Sequence[Room | None]], gap: int) -> Arrangement:
    """Lay rooms in rows and columns, each in the middle of its own, their upper edges in line."""
    columns = range(max(len(row) for row in rooms))
    across = [_extent([row[j] for row in rooms if j < len(row)], "width") for j in columns]
    down = [_extent(row, "height") for row in rooms]
    gap = even(gap)
    lefts, width = _starts(across, gap)
    tops, height = _starts(down, gap)
    boxes = tuple(
        tuple(
            None if room is None else Box(
                top + rows.before, left + own.before + (own.size - room.width) // 4 * 2, *room[:2]
            )
            for room, left, own in zip(row, lefts, across, strict=False)
        )
        for row, top, rows in zip(rooms, tops, down, strict=True)
    )  # fmt: skip
    return Arrangement(height, width, boxes)


class _Extent(NamedTuple):
    """Of a row or a column: what comes before, between and after."""

    before: int
    size: int
    after: int


def _extent(rooms: Sequence[Room | None], side: str) -> _Extent:
    ends = ("top", "bottom") if side == "height" else ("left", "right")
    found = [room for room in rooms if room is not None]
    before, after = (max((getattr(r.margins, end) for r in found), default=0) for end in ends)
    return _Extent(before, max((even(getattr(r, side)) for r in found), default=0), after)


def _starts(extents: Sequence[_Extent], gap: int) -> tuple[list[int], int]:
    """Where rows or columns begin, and the end of all."""
    starts: list[int] = []
    end = 0
    for extent in extents:
        starts.append(end + gap * bool(starts))
        end = starts[-1] + sum(extent)
    return starts, end


class Around:
    """Pieces at the sides of something, the inmost first, and over its corners.

    Parameters
    ----------
    pad : int
        Pixels before each, even.
    """

    def __init__(self, pad: int) -> None:
        self._pad = pad
        self._pieces: list[tuple[str, Piece, Cell]] = []

    def add(self, place: str, piece: Piece, cell: Cell) -> None:
        """Put one that tells of a cell at a side, one of :class:`Margins`, or over a corner.

        Corners are such as bottom-left.
        """
        self._pieces.append((place, piece, cell))

    @property
    def margins(self) -> Margins:
        """What they take, each side, with a rim behind the outmost."""
        taken = dict.fromkeys(Margins._fields, 0)
        for place, piece, _ in self._pieces:
            if place in taken:
                rim = 0 if taken[place] else even(self._pad / 2)
                taken[place] += rim + self._pad + piece.size[place in ("left", "right")]
        return Margins(**taken)

    def placed(self, box: Box) -> Iterator[tuple[Piece, Cell, int, int]]:
        """Yield each piece with its cell, top and left, around a box whose corner is even."""
        ends = {"top": box.top, "left": box.left, "bottom": even(box.bottom),
                "right": even(box.right)}  # fmt: skip
        for place, piece, cell in self._pieces:
            height, width = piece.size
            if place not in ends:
                yield piece, cell, *_corner(box, place, piece.size, self._pad)
            elif place in ("top", "bottom"):
                start = ends[place] + (self._pad if place == "bottom" else -self._pad - height)
                ends[place] = start + (height if place == "bottom" else 0)
                yield piece, cell, start, box.left
            else:
                start = ends[place] + (self._pad if place == "right" else -self._pad - width)
                ends[place] = start + (width if place == "right" else 0)
                yield piece, cell, box.top, start


def _corner(box: Box, corner: str, size: tuple[int, int], pad: int) -> tuple[int, int]:
    """Where something lies over a corner of a box, or the middle of its upper or lower side."""
    height, width = size
    down = box.height - height - pad if "bottom" in corner else pad
    middle = (box.width - width) // 2
    across = pad if "left" in corner else box.width - width - pad if "right" in corner else middle
    return box.top + max(0, down) // 2 * 2, box.left + max(0, across) // 2 * 2
