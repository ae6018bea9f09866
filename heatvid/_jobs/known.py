"""What is known of all frames of a field, for those who show only some of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from heatvid._values.limits import FieldLimits


@dataclass(frozen=True)
class Known:
    """What each part of a field has to agree on with the others.

    Attributes
    ----------
    name : str
        What texts call it, from whatever folder it is opened.
    limits : Limits, tuple of Limits or None
        Of all frames; None where each has its own.
    limits_of_each : tuple of Limits or of tuples of Limits
        Where these follow each other.
    complete : bool
        Whether it is known that no value is NaN.
    """

    name: str
    limits: FieldLimits | None = None
    limits_of_each: tuple[FieldLimits, ...] = ()
    complete: bool = False

    def of(self, frames: range) -> Known:
        """What is known of some frames."""
        return replace(self, limits_of_each=self.limits_of_each[frames.start : frames.stop])
