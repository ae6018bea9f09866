"""Lines between labels, with numba."""

from __future__ import annotations

import numpy as np

from heatvid._frames import AnyArray, Bytes
from heatvid.backends._numba.jit import kernel
from heatvid.backends._numba.memory import Scratch


def mark_outlines(
    index: AnyArray,
    labels: AnyArray,
    covered: tuple[slice, slice],
    width: int,
    row: int,
    scratch: Scratch,
) -> None:
    """Draw lines ``width`` pixels wide between labels, centred on their edges.

    Parameters
    ----------
    index, labels : ndarray, shape (H, W), C-contiguous
    covered : (slice, slice)
        Where the field lies.
    width, row : int
    scratch : Scratch
    """
    if labels.dtype == np.float16:
        labels = labels.astype(np.float32)
    ends = [axis.indices(size)[:2] for axis, size in zip(covered, labels.shape, strict=True)]
    shape = [max(0, stop - start) for start, stop in ends]
    edges, lines = (scratch.part(name, np.uint8, *shape) for name in ("edges", "lines"))
    back, ahead = (width - 1) // 2, width // 2
    mark_edges(labels, ends[0][0], ends[1][0], edges)
    spread_rows(edges, back, ahead, lines)
    draw_columns(lines, back, ahead, row, ends[0][0], ends[1][0], index)


@kernel
def mark_edges(labels: AnyArray, top: int, left: int, edges: Bytes) -> None:
    """Mark pixels that differ from the one to the right or below; NaN is one label."""
    height, width = edges.shape
    for r in range(height):
        line = labels[top + r, left : left + width]
        below = labels[top + min(r + 1, height - 1), left : left + width]
        out = edges[r]
        for i in range(width):
            one, other = line[i], line[min(i + 1, width - 1)]
            beside = one != other and (one == one or other == other)
            other = below[i]
            out[i] = beside or (one != other and (one == one or other == other))


@kernel
def spread_rows(edges: Bytes, back: int, ahead: int, out: Bytes) -> None:
    """Widen marks to ``back`` rows above and ``ahead`` rows below."""
    height, width = edges.shape
    for r in range(height):
        line = out[r]
        for i in range(width):
            line[i] = 0
        for other in range(max(0, r - ahead), min(height, r + back + 1)):
            marks = edges[other]
            for i in range(width):
                line[i] |= marks[i]


@kernel
def draw_columns(
    lines: Bytes, back: int, ahead: int, row: int, top: int, left: int, index: AnyArray
) -> None:
    """Widen marks along columns as well, and set the index there."""
    height, width = lines.shape
    for r in range(height):
        marks, out = lines[r], index[top + r, left : left + width]
        until = -1  # the last column that a mark reaches
        for i in range(min(back, width)):
            if marks[i]:
                until = i + ahead
        for i in range(width):
            if i + back < width and marks[i + back]:
                until = i + back + ahead
            if i <= until:
                out[i] = row
