"""Numba's kernels as soon as they are there: until then NumPy renders, which gives the same bytes.

Where kernels have been kept they are loaded at once. Where they have not, nobody waits for the
compiler: a process beside this one compiles, and rendering goes on with what it has kept.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from heatvid._plan.tile import TilePlan
from heatvid.backends._base import HostRenderer, Slot
from heatvid.backends._numba.backend import NumbaBackend, not_installed
from heatvid.backends._numba.beside import Beside, can_start, compiles
from heatvid.backends._numba.places import keep_none
from heatvid.backends._numpy.backend import NumpyBackend


def missing() -> str | None:
    """Say what the machine lacks; whether numba can be imported is seen when it compiles."""
    return not_installed()


def make(few: bool = False) -> MeanwhileBackend:
    """Make the backend; for ``few`` pixels nothing is compiled."""
    return MeanwhileBackend(few)


class Scratches:
    """A slot's scratch memory of both."""

    numpy: Any = None
    numba: Any = None


class MeanwhileBackend(HostRenderer):
    """Renders with NumPy until numba's kernels are there.

    Attributes
    ----------
    name : str
        Of what renders by now.
    """

    synchronous = True

    def __init__(self, few: bool = False) -> None:
        self.name = "numba"
        self._few, self._numba, self._numpy = few, NumbaBackend(), NumpyBackend()
        self._beside: Beside | None = None
        self._turn = threading.Lock()

    def another(self) -> MeanwhileBackend:
        """Make one of the same kind."""
        return type(self)(self._few)

    def prepare(self, plan: TilePlan) -> None:
        """Load kernels, or begin to have them compiled."""
        self._plan, self._waits, self._late = plan, False, False
        if self._load():
            return
        self.name = "numpy"
        self._numpy.prepare(plan)
        self._waits = not self._few and can_start()
        if self._waits:
            self._follow()
        self._late = True

    def _load(self) -> bool:
        """Load what has been kept; whether that is all."""
        self._ready = False
        with suppress(ImportError):  # LLVM is broken
            self._ready = not keep_none() and self._numba.load(self._plan)
        self.reads_rows = self._ready and self._numba.reads_rows
        if self._ready:
            self.name = "numba"
        return self._ready

    def render(self, slot: Slot) -> None:
        """Render the slot's frames, one after the other."""
        if self._waits:
            self._follow()
        both: Scratches = slot.backend
        kind = "numba" if self._ready else "numpy"
        backend = self._numba if self._ready else self._numpy
        if getattr(both, kind) is None:
            setattr(both, kind, backend._scratch())
        slot.backend = getattr(both, kind)
        try:
            backend.render(slot)
        finally:
            slot.backend = both

    def _follow(self) -> None:
        """Go on with kernels once they have been compiled; one thread looks at a time."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            if self._beside is None:
                self._begin()
            elif self._waits and self._beside.over:
                self._beside.close()
                self._waits = False
                self._load()
        except Exception:  # what cannot be sent, or started: NumPy goes on
            self._waits = False
        finally:
            self._turn.release()

    def _begin(self) -> None:
        """Begin to compile, unless another one does, or has compiled the same."""
        if compiles():
            return
        if self._late and self._load():
            self._waits = False
        else:
            self._beside = Beside.start(self._plan)

    def wait(self, slot: Slot) -> None:
        """Nothing to wait for: :meth:`render` returns when it is done."""

    def close(self) -> None:
        """End what compiles."""
        self._waits = False
        with self._turn:
            if self._beside is not None:
                self._beside.close()

    def _scratch(self) -> Scratches:
        return Scratches()
