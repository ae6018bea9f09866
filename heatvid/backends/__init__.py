"""The backends, and the choice among them."""

from __future__ import annotations

from typing import NamedTuple

from heatvid.backends._base import Backend, Slot

__all__ = ["Backend", "Choice", "Slot", "choose"]


class Choice(NamedTuple):
    """A backend and why it was chosen."""

    backend: Backend
    reason: str


def choose(name: str) -> Choice:
    """Choose a backend by name; ``auto`` takes the fastest that works here and says why."""
    from heatvid.backends._numpy import NumpyBackend

    if name == "auto":
        return Choice(NumpyBackend(), "the reference, on every machine")
    return Choice(NumpyBackend(), "as asked")
