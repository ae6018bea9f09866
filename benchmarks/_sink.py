"""A sink in the place of the encoder, to measure what comes before it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Nothing:
    """Keeps nothing; it has what :class:`heatvid._jobs.ring.Sink` and a job ask for."""

    unread = 0
    sound = None

    def write(self, frames: NDArray[np.uint8], *, lend: bool = False) -> None:
        """Take frames."""

    def finish(self) -> None:
        """Do nothing."""

    def kill(self) -> None:
        """Do nothing."""

    def abort(self) -> None:
        """Do nothing."""
