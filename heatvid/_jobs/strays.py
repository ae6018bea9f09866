"""Labels that have no colour of their own: noted as frames come, said once."""

from __future__ import annotations

from typing import Any

import numpy as np

from heatvid._frames import AnyArray
from heatvid._options.options import Options
from heatvid._values.channels import reduce_channels

SHOWN = 5  # labels that a message names


class Strays:
    """What values show that are labels beyond a palette of the user's own, or none at all.

    Only colours that the user lists are taken for a list of all labels; one alone is that of each.

    Parameters
    ----------
    options : Options
    dtype : numpy.dtype
        Of the frames.
    channels : int or None
        Of which the strongest is the label.

    Attributes
    ----------
    watches : bool
        Whether there can be any, so that every frame has to be looked at.
    """

    def __init__(self, options: Options, dtype: np.dtype[Any], channels: int | None) -> None:
        argmax = options.channel == "argmax"
        labels = argmax or options.norm == "labels"
        own = isinstance(options.cmap, (list, tuple, np.ndarray))
        self._colors = len(options.cmap) if labels and own and len(options.cmap) > 1 else None
        if self._colors is not None and argmax and channels is not None:
            self._colors = self._colors if channels > self._colors else None
        self._reduces = argmax and channels is not None
        self._floats = labels and not argmax and dtype.kind == "f"
        self.watches = self._colors is not None or self._floats
        self._chosen = set(options.label_colors or ())
        self._beyond: set[int] = set()
        self._fraction: float | None = None

    def look(self, frames: AnyArray) -> None:
        """Look at frames, shape (n, H, W), or (n, H, W, C) where channels are classes."""
        labels = reduce_channels(frames, "argmax") if self._reduces else frames
        whole = labels
        if self._floats:
            with np.errstate(invalid="ignore"):  # NaN, even signalling
                cut = np.trunc(labels)
                whole = labels[(labels == cut) & np.isfinite(labels)]
                if self._fraction is None and whole.size < labels.size:
                    fractions = labels[(labels != cut) & np.isfinite(labels)]
                    self._fraction = float(fractions[0]) if fractions.size else None
        if self._colors is not None and whole.max(initial=0) >= self._colors:
            found = np.unique(whole[whole >= self._colors]).tolist()
            self._beyond.update(set(map(int, found)) - self._chosen)

    def messages(self) -> list[str]:
        """What to say of all that have been looked at."""
        said = []
        if self._beyond:
            several = "s" if len(self._beyond) > 1 else ""
            said.append(
                f"label{several} {_listed(self._beyond)}: beyond the {self._colors} colours of "
                "cmap, which come again from the second on; label_colors gives one its own"
            )
        if self._fraction is not None:
            said.append(
                f"label {self._fraction:g}: fractions are no labels, and are shown in the bad "
                "colour; np.rint makes labels of those that are meant as some"
            )
        return said


def _listed(labels: set[int]) -> str:
    shown = ", ".join(map(str, sorted(labels)[:SHOWN]))
    more = len(labels) - SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
