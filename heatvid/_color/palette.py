"""Which label has which colour, and so which row of a table of colours."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Palette(NamedTuple):
    """Which label has which row of a table of colours.

    Labels 0 to ``named - 1`` have a row each, in this order; those from there on share the next
    ``cycle`` rows in turn; the last ``negative`` rows are those of -1, -2 and so on. Other negative
    numbers, and what is no whole number, are no labels.
    """

    named: int
    cycle: int
    negative: int = 0

    @property
    def base(self) -> int:
        """Rows of labels from 0 on."""
        return self.named + self.cycle

    @property
    def entries(self) -> int:
        """Rows in all."""
        return self.base + self.negative

    @property
    def shift(self) -> int:
        """What is added to ``x mod cycle`` to begin the cycle at ``named``."""
        return -self.named % self.cycle


def repeated(named: int, colors: int) -> NDArray[np.intp]:
    """Colours of the rows of labels from 0 on, shape (base,), of so many in a palette.

    Beyond the palette its colours come again, but for the first: that is the background's.
    """
    again = max(1, colors - 1)
    labels = np.arange(named + again)
    first = min(1, colors - 1)
    return np.where(labels < colors, labels, first + (labels - 1) % again)
