"""The one rule of what comes beside a field: as many frames as it has, or one for all."""

from __future__ import annotations

from typing import ClassVar, Protocol

from heatvid._errors import OptionError, SourceError

_STILL = {"background": "one still picture", "alpha_mask": "one mask"}
# What takes a part of the longer one.
_CUT_FIELD = " (frames='START:STOP' takes a part of the predictions)"
_CUT_BACKGROUND = " (background_frames='START:STOP:STEP' takes a part of the background)"
_OTHER_RATE = (
    " (background_frames='START:STOP:STEP' takes a part of the background; render's source_fps=N "
    "says at what other rate predictions were made)"
)


class Companion(Protocol):
    """What comes beside a field: a background, or masks.

    Attributes
    ----------
    option : str
        The option that names it.
    name : str
        For messages.
    length : int or None
        Frames; None where they are not known until they end.
    still : bool
        Whether one lies under, or over, every frame.
    """

    option: ClassVar[str]
    name: str
    length: int | None

    @property
    def still(self) -> bool:
        """Whether one is for every frame."""


def demand_as_many(companion: Companion, name: str, frames: int | None) -> None:
    """Demand, before anything is rendered, as many as the ``frames`` of the field ``name``."""
    if companion.still or None in (companion.length, frames) or companion.length == frames:
        return
    assert companion.length is not None
    assert frames is not None
    hint = _CUT_FIELD if companion.length < frames else ""
    if companion.option == "background" and companion.length > frames:
        hint = _OTHER_RATE
    raise OptionError(f"{_unequal(companion, name, frames)}{hint}")


def demand_until(companion: Companion, stop: int) -> None:
    """Demand that there are ``stop`` or more."""
    if not companion.still and companion.length is not None and stop > companion.length:
        raise ended(companion, companion.length)


def ended(companion: Companion, frames: int) -> SourceError:
    """Say that it ended before the field did."""
    return SourceError(
        f"{companion.option}: {companion.name} ends after {frames} frames, and there are more "
        f"predictions; {_allowed(companion)}"
    )


def demand_all_used(companion: Companion, name: str, frames: int) -> None:
    """Demand that none is left over when the field has ended after ``frames``."""
    if not companion.still and companion.length not in (None, frames):
        hint = _CUT_BACKGROUND if companion.option == "background" else ""
        raise SourceError(f"{_unequal(companion, name, frames)}{hint}")


def _unequal(companion: Companion, name: str, frames: int | None) -> str:
    return (
        f"{companion.option}: {companion.name} has {companion.length} frames, {name} has {frames}; "
        f"{_allowed(companion)}"
    )


def _allowed(companion: Companion) -> str:
    return f"allowed are equal lengths, or {_STILL[companion.option]}"
