"""Labels that were seen: noted as frames come; those without a colour of their own are said."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from heatvid._frames import AnyArray
from heatvid._options.options import Options
from heatvid._values.channels import reduce_channels

SHOWN = 5  # labels that a message names
MOST = 65_536  # labels that are noted


class LabelsSeen:
    """Which labels there were, and which of them have no colour of their own.

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
        Whether every frame has to be looked at. Classes of channels are known by their number, and
        are looked for only where they have too few colours.
    """

    def __init__(self, options: Options, dtype: np.dtype[Any], channels: int | None) -> None:
        argmax = options.channel == "argmax"
        self._are_labels = argmax or options.norm == "labels"
        own = isinstance(options.cmap, (list, tuple, np.ndarray))
        self._colors = len(options.cmap) if self._are_labels and own else 1
        self._classes = channels if argmax else None
        self._floats = not argmax and dtype.kind == "f"
        beyond = 1 < self._colors < (self._classes or 0)
        self.watches = self._are_labels and (self._classes is None or beyond)
        self._chosen = set(options.label_colors or ())
        self._seen: set[int] = set()
        self._fraction: float | None = None

    @property
    def labels(self) -> tuple[int, ...] | None:
        """All labels, sorted; () where they are unknown, or too many; None where there are none."""
        if not self._are_labels:
            return None
        if self._classes is not None:
            return tuple(range(self._classes))
        return tuple(sorted(self._seen)) if len(self._seen) < MOST else ()

    def look(self, frames: AnyArray) -> None:
        """Look at frames, shape (n, H, W), or (n, H, W, C) where channels are classes."""
        labels = frames if self._classes is None else reduce_channels(frames, "argmax")
        with np.errstate(invalid="ignore"):  # NaN, even signalling
            found = _distinct(labels)
            if self._floats:
                found = found[np.isfinite(found)]
                whole = found == np.trunc(found)
                if self._fraction is None and not whole.all():
                    self._fraction = float(found[~whole][0])
                found = found[whole]
        self._seen.update(map(int, found[: MOST - len(self._seen)].tolist()))

    def merge(self, other: Self) -> None:
        """Add what another one has seen of the same field."""
        self._seen.update(sorted(other._seen)[: MOST - len(self._seen)])
        if self._fraction is None:
            self._fraction = other._fraction

    def messages(self) -> list[str]:
        """What to say of all that have been looked at."""
        said = []
        beyond = {label for label in self._seen if label >= self._colors > 1} - self._chosen
        if beyond:
            several = "s" if len(beyond) > 1 else ""
            said.append(
                f"label{several} {_listed(beyond)}: beyond the {self._colors} colours of "
                "cmap, which come again from the second on; label_colors gives one its own"
            )
        if self._fraction is not None:
            said.append(
                f"label {self._fraction:g}: fractions are no labels, and are shown in the bad "
                "colour; np.rint makes labels of those that are meant as some"
            )
        return said


def _distinct(labels: AnyArray) -> AnyArray:
    """The labels of frames, sorted; of each run of equal neighbours one is looked at."""
    flat = labels.reshape(-1)
    found: AnyArray = np.unique(np.append(flat[:1], flat[1:][flat[1:] != flat[:-1]]))
    return found


def _listed(labels: set[int]) -> str:
    shown = ", ".join(map(str, sorted(labels)[:SHOWN]))
    more = len(labels) - SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
