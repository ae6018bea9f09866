"""What every encoder has in common: it is written to, and then finished or aborted, once."""

from __future__ import annotations

import weakref
from abc import ABC, abstractmethod
from typing import Any, Self

from heatvid._encode.settings import OutputSettings
from heatvid._errors import EncoderError, called
from heatvid._frames import Bytes
from heatvid._signals import held_back


class Sink(ABC):
    """Where rendered frames go, in order.

    One thread writes; another may :meth:`kill` what it does, and :meth:`abort` afterwards.
    """

    @abstractmethod
    def write(self, frames: Bytes, *, lend: bool = False) -> None:
        """Take frames, shape (n, frame_bytes) uint8, which stay as they are where they are lent."""

    @property
    def unread(self) -> int:
        """Bytes at the end of what was lent that have to stay as they are."""
        return 0

    @abstractmethod
    def finish(self) -> None:
        """Complete the output."""

    @abstractmethod
    def kill(self) -> None:
        """Make a :meth:`write` under way in another thread fail at once; :meth:`abort` follows."""

    @abstractmethod
    def abort(self) -> None:
        """Leave nothing behind; at any time, more than once."""


class FileSink(Sink):
    """A sink that writes what its settings say; the common part of all that write files.

    A context manager: leaving it finishes the output, leaving it by an exception aborts. Nothing
    temporary outlives it, whether it is left, forgotten or cut short by the end of the
    interpreter.

    Attributes
    ----------
    settings : OutputSettings
        What to write, where and how.
    frames : int
        Frames written so far.
    sound : str or None
        What became of the sound, in words, where there is some and all is finished.
    """

    _abandon: weakref.finalize[Any, Any]  # set by the subclass: ends all work, removes its traces

    def __init__(self, settings: OutputSettings) -> None:
        self.settings = settings
        self.frames = 0
        self.sound: str | None = None
        self._name = called(settings.output)
        self._error: EncoderError | None = None
        self._finished = False

    def write(self, frames: Bytes, *, lend: bool = False) -> None:
        """Write frames.

        Parameters
        ----------
        frames : ndarray, shape (n, canvas.frame_bytes) uint8, C order, host
            May be overwritten as soon as this returns, unless they are lent.
        lend : bool
            The frames stay as they are for as long as :attr:`unread` says, so that they need not
            be copied.

        Raises
        ------
        EncoderError
            The frames cannot be written; the output is given up.
        """
        assert frames.ndim == 2, f"{frames.shape = }, allowed is (n, frame_bytes)"
        assert frames.shape[1] == self.settings.canvas.frame_bytes, f"{frames.shape = }"
        assert frames.dtype == "uint8", f"{frames.dtype = }"
        assert frames.flags.c_contiguous, "frames have to be in C order"
        self._check_open()
        for frame in frames:
            self._write(frame, lend)
            self.frames += 1

    def finish(self) -> None:
        """Complete the output, check that it is whole, and give it its final name.

        Raises
        ------
        EncoderError
            Nothing was written, or the output cannot be completed.
        """
        if self._finished:
            return
        self._check_open()
        try:
            if self.frames == 0:
                raise self._refuse("no frames were written; there has to be at least one")
            self._finish()
        except BaseException:
            self.abort()
            raise
        self._finished = True
        self.abort()  # all is in its place: only what is still open is closed here

    @abstractmethod
    def _write(self, frame: Bytes, lend: bool) -> None:
        """Write one frame, shape (frame_bytes,)."""

    @abstractmethod
    def _finish(self) -> None:
        """Complete the output of at least one frame."""

    def abort(self) -> None:
        """End all work and remove what was written; at any time, more than once."""
        with held_back():
            self._abandon()

    def _check_open(self) -> None:
        if self._error is not None:
            raise self._error
        if not self._abandon.alive:
            raise self._refuse("the encoder is closed")

    def _refuse(self, what: str) -> EncoderError:
        self.abort()
        self._error = EncoderError(f"{self._name}: {what}")
        return self._error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exc_type: object, *_: object) -> None:
        if exc_type is None:
            self.finish()
        else:
            self.abort()
