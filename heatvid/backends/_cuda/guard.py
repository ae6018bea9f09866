"""The device that a backend works on, its failures in heatvid's words, and its memory's end."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from heatvid._plan.tile import TilePlan
from heatvid.backends._cuda import device as device
from heatvid.backends._cuda.memory import Home


class Guarded:
    """What every part of the backend works with.

    Parameters
    ----------
    cupy : module
    number : int, optional
        Of the device; without it the first one that data come from, or the current one.
    """

    _plan: TilePlan

    def __init__(self, cupy: Any, number: int | None = None) -> None:
        self._cupy, self._number = cupy, number
        self._home: Home | None = None
        self._warned = False

    @property
    def home(self) -> Home:
        """The device, which is chosen when it is first needed."""
        if self._home is None:
            number = self._number
            self._home = Home(self._cupy, self._cupy.cuda.Device().id if number is None else number)
        return self._home

    @contextmanager
    def _on(self, stream: Any) -> Iterator[None]:
        """Work on a stream; failures of CUDA's are translated."""
        with self._translating(), self.home.on(stream):
            yield

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raised = device.translated(self._cupy, error)
            if raised is error:
                raise
            raise raised from error

    def _warn(self, remedy: str) -> None:
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"cuda: the memory of the GPU has run out; {remedy}, the video stays the same",
                RuntimeWarning,
                stacklevel=2,
            )
