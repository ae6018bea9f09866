"""The backends, and the choice among them."""

from __future__ import annotations

import importlib
import sys
from typing import Any, NamedTuple

from heatvid._errors import OptionError
from heatvid.backends._base import SPARE_SLOTS, OnDevice, Renderer, Slot

__all__ = ["SPARE_SLOTS", "Choice", "OnDevice", "Renderer", "Slot", "choose", "why_not"]


class Choice(NamedTuple):
    """A backend and why it was chosen."""

    backend: Renderer
    reason: str


# Fastest first, as the option names them. Each module has ``missing() -> str | None``, what the
# machine lacks for it and what to do about that, and ``make() -> Renderer``.
_MODULES = {
    "cuda": "heatvid.backends._cuda.backend",
    "numba": "heatvid.backends._numba.backend",
    "numpy": "heatvid.backends._numpy.backend",
}
# What the choice among all takes in their place, so that nobody waits for a compiler.
_MEANWHILE = {"numba": "heatvid.backends._numba.meanwhile"}
# Fewer pixels in all are rendered by the next backend before what this one imports is imported,
# as loading it takes longer than what it saves.
_HEAVY = {"numba": ("llvmlite", 24_000_000)}
_WITH_DEVICES = "cuda"  # the backend whose ``make`` takes a device's number


def choose(name: str, device: int | None = None, pixels: int | None = None) -> Choice:
    """Choose a backend by name; ``auto`` takes the fastest that works here and says why.

    Parameters
    ----------
    name : str
    device : int, optional
        Its number, where the backend is to work on that one; ``auto`` then takes no other backend
        than one that has devices.
    pixels : int, optional
        How many there are to render, where that is known: ``auto`` imports nothing heavy for few.

    Raises
    ------
    OptionError
        The backend that was asked for lacks something; the message says what to install.
    """
    if device is not None:
        return _on_device(name, device)
    if name != "auto":
        if (why := why_not(name)) is not None:
            raise OptionError(f"backend: got {name!r}, but {why}")
        return Choice(_function(name, "make")(), "as asked")
    reasons: list[str] = []
    for candidate in _MODULES:
        package, enough = _HEAVY.get(candidate, ("", 0))
        few = pixels is not None and pixels < enough
        if few and package not in sys.modules:
            reasons.append(f"few pixels need no {candidate}")
            continue
        lacking: str | None = _function(candidate, "missing", meanwhile=True)()
        if lacking is None:
            reason = "; ".join([*reasons, "the fastest that works here"])
            make = _function(candidate, "make", meanwhile=True)
            return Choice(make(few) if candidate in _MEANWHILE else make(), reason)
        what, *_ = lacking.split("; ")  # what to do about it is for those who ask for it
        reasons.append(f"no {candidate}: {what}")
    raise AssertionError("the reference works on every machine")


def _on_device(name: str, device: int) -> Choice:
    if name not in ("auto", _WITH_DEVICES):
        raise OptionError(
            f"device: got {device} with backend={name!r}; allowed is a device with "
            f"backend={_WITH_DEVICES!r} only"
        )
    lacking = why_not(_WITH_DEVICES)
    if lacking is not None:
        raise OptionError(f"device: got {device}, allowed where CUDA works, but {lacking}")
    return Choice(_function(_WITH_DEVICES, "make")(device), "as asked")


def why_not(name: str) -> str | None:
    """What the machine lacks for a backend, and what to do about that; None where it works."""
    lacking: str | None = _function(name, "missing")()
    return lacking


def _function(name: str, function: str, *, meanwhile: bool = False) -> Any:
    module = _MEANWHILE.get(name, _MODULES[name]) if meanwhile else _MODULES[name]
    return getattr(importlib.import_module(module), function)
