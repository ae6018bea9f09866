"""Bands of opaque pixels of 10 bits, with numba: one kernel for all sizes of chroma.

A row of the table is one 64-bit word (see Recipe.words), as for 8 bits: its lanes have two bits of
fraction less.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatvid._canvas import Canvas
from heatvid._frames import AnyArray
from heatvid.backends._numba.blocks import CR, LUMA
from heatvid.backends._numba.jit import kernel
from heatvid.backends._numba.jit.primitives import array_at

DEEP = np.uint64(0x3FF)
FOUR = np.uint64(14 + 2)  # bits of fraction of the sum of four


class DeepLayout(NamedTuple):
    """Where samples of 10 bits lie in a frame, counted in samples.

    Attributes
    ----------
    cb, cr : int
        The first of each plane; that of luma is 0.
    down, across : int
        Rows and columns of pixels that one sample of chroma is of.
    """

    cb: int
    cr: int
    down: int
    across: int


def deep_layout(canvas: Canvas) -> DeepLayout:
    """Lay out a canvas of 10 bits."""
    cb, cr = (plane.offset // 2 for plane in canvas.planes[1:3])
    down, across = (1 + halves for halves in canvas.format.halved)
    return DeepLayout(cb, cr, down, across)


@kernel
def write_deep(
    address: int,
    stride: int,
    dtype: np.dtype[Any],
    words: NDArray[np.uint64],
    top: int,
    height: int,
    width: int,
    cb: int,
    cr: int,
    down: int,
    across: int,
    out: AnyArray,
) -> None:
    """Write opaque pixels, whose chroma is of blocks of 2×2, of pairs beside each other, or of one.

    The sum of a block takes pixels twice, or four times, where there are fewer.
    """
    columns = width // across
    right = across - 1
    for r in range(0, height, down):
        above = array_at(address + r * stride, width, dtype)
        below = array_at(address + (r + down - 1) * stride, width, dtype)
        place = (top + r) * width
        first, second = out[place:][:width], out[place + (down - 1) * width :][:width]
        place = (top + r) // down * columns
        blue, red = out[cb + place :][:columns], out[cr + place :][:columns]
        for i in range(columns):
            j = i * across
            a, b = words[above[j]], words[above[j + right]]
            c, d = words[below[j]], words[below[j + right]]
            first[j], first[j + right] = a >> LUMA, b >> LUMA
            second[j], second[j + right] = c >> LUMA, d >> LUMA
            total = a + b + c + d
            blue[i] = (total >> FOUR) & DEEP
            red[i] = (total >> (CR + FOUR)) & DEEP
