"""What a source says of its values: names, units, times, places; what draws titles reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatvid._errors import printable
from heatvid._frames import AnyArray


@dataclass(frozen=True, eq=False)
class About:
    """What is known of a field beside its values; everything is optional.

    Attributes
    ----------
    name, long_name, units : str
        Of the quantity, as its file has them.
    times : ndarray of datetime64[us], shape (T,), or None
        When each frame was.
    labels : tuple of str or None
        What each frame is, where that is no time of the usual calendar.
    label_names : mapping of int to str
        What the numbers in frames of labels are called.
    palette : ndarray of uint8, shape (N, 3), or None
        Colours of labels, as their file has them.
    rows, columns : ndarray, shape (H,) or (W,), or None
        Coordinates, from the top down and from the left.
    fill : float or None
        The stored value that is delivered as NaN.
    valid_range : (float, float) or None
        What stored values lie in; what does not is delivered as NaN.
    arrays : tuple of str
        All arrays of a file that holds several, in words.
    note : str
        What was chosen among them where the caller had not, and the like; empty where there was
        no choice.
    unwritten : (int, int) or None
        Chunks that were never written, and so hold the fill value, of how many.
    """

    name: str = ""
    long_name: str = ""
    units: str = ""
    times: NDArray[np.datetime64] | None = None
    labels: tuple[str, ...] | None = None
    label_names: Mapping[int, str] = field(default_factory=dict)
    palette: AnyArray | None = None
    rows: AnyArray | None = None
    columns: AnyArray | None = None
    fill: float | None = None
    valid_range: tuple[float, float] | None = None
    arrays: tuple[str, ...] = ()
    note: str = ""
    unwritten: tuple[int, int] | None = None

    @property
    def title(self) -> str:
        """The quantity with its unit, as ``2 m temperature (K)``; empty where it has no name."""
        name = self.long_name or self.name
        unit = "" if self.units in ("", "1") else f" ({self.units})"
        return f"{name}{unit}" if name else ""

    def noting(self, words: str) -> About:
        """What is known, and what else there is to say of how it is shown."""
        return replace(self, note="; ".join(filter(None, (self.note, words))))

    def naming(self, names: Mapping[int, str]) -> About:
        """What is known of frames of labels with these names."""
        return replace(self, label_names=names)

    def of_frames(self, indices: Sequence[int]) -> About:
        """What is known of some of the frames."""
        times = None if self.times is None else self.times[list(indices)]
        labels = None if self.labels is None else tuple(self.labels[i] for i in indices)
        return replace(self, times=times, labels=labels)

    def followed_by(self, others: Sequence[About]) -> About:
        """What is known of frames that others follow."""
        every = (self, *others)
        times = [about.times for about in every if about.times is not None]
        labels = [about.labels for about in every if about.labels is not None]
        return replace(
            self,
            times=np.concatenate(times) if len(times) == len(every) else None,
            labels=tuple(chain(*labels)) if len(labels) == len(every) else None,
            unwritten=None,
        )

    def flipped(self, flip: str) -> About:
        """What is known of frames turned ``vertical`` or ``horizontal``."""
        name = "rows" if flip == "vertical" else "columns"
        coordinates = getattr(self, name)
        return self if coordinates is None else replace(self, **{name: coordinates[::-1]})

    def rows_of_text(self) -> list[tuple[str, str]]:
        """What is known, for a page of text: each a name and its words."""
        rows = [("quantity", self.title)]
        if self.times is not None and len(self.times):
            rows.append(("times", f"{self.times[0]} to {self.times[-1]}"))
        elif self.labels:
            rows.append(("frames are", f"{self.labels[0]} to {self.labels[-1]}"))
        names = [f"{label} {name}" for label, name in sorted(self.label_names.items())]
        rows += [("labels" if i == 0 else "", each) for i, each in enumerate(names)]
        if self.palette is not None:
            rows.append(("palette", f"{len(self.palette)} colours (--cmap own)"))
        for name, values in (("rows", self.rows), ("columns", self.columns)):
            if values is not None:
                rows.append((name, f"{values[0]:g} to {values[-1]:g}"))
        if self.fill is not None:
            rows.append(("fill", f"{self.fill:g}, shown as NaN"))
        if self.unwritten is not None:
            rows.append(("not written", "{} of {} chunks".format(*self.unwritten)))
        rows += [("arrays" if i == 0 else "", each) for i, each in enumerate(self.arrays)]
        rows.append(("chosen", self.note))
        return [(name, printable(words)) for name, words in rows if words]

    def as_dict(self) -> dict[str, Any]:
        """Plain texts and numbers, for JSON; only what is known."""
        moments = None if self.times is None else [str(time) for time in self.times]
        ends = {
            name: None if values is None else [_plain(values[0]), _plain(values[-1])]
            for name, values in (("rows", self.rows), ("columns", self.columns))
        }
        known = {
            "name": self.name, "long_name": self.long_name, "units": self.units, "times": moments,
            "labels": self.labels and list(self.labels), **ends,
            "label_names": {str(label): name for label, name in self.label_names.items()},
            "fill": self.fill, "valid_range": self.valid_range and list(self.valid_range),
            "arrays": list(self.arrays), "note": self.note,
            "unwritten": self.unwritten and list(self.unwritten),
        }  # fmt: skip
        return {name: value for name, value in known.items() if value not in (None, "", [], {})}


def _plain(value: Any) -> Any:
    """One coordinate as JSON can hold it."""
    item = value.item() if isinstance(value, np.generic) else value
    return item if isinstance(item, int | float) else str(value)
