"""Signals that end a command: as exceptions, in order, and held back where they must be.

A command raises the first signal as an exception and ignores what comes while that one clears
away. A callback may swallow the exception; so the signal is remembered, and raised again where a
job waits. What has to be done as a whole, in a command or in any program that uses heatvid, is
done under :func:`held_back`.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

TYPE_CHECKING = False  # as typing has it, whose import would take a third of the time until here
if TYPE_CHECKING:
    from typing import Any

_WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
if hasattr(signal, "SIGHUP"):
    _WORDS[signal.SIGHUP] = "terminated, as its terminal was closed"


class Interrupted(KeyboardInterrupt):
    """SIGINT came.

    One of its own kind, as Python kills itself by SIGINT at its end, whatever the exit code is,
    once an ``exec`` has passed a plain KeyboardInterrupt on, that of a dataclass being made, say.
    """


class Terminated(BaseException):
    """SIGTERM came, or SIGHUP."""


# --- holding back ----------------------------------------------------------------------------


class _Hold:
    """A handler that notes signals while it holds; afterwards it hands them to the earlier one."""

    def __init__(self) -> None:
        self.holds = False
        self._noted: dict[int, None] = {}
        self._before: dict[int, Any] = {}

    def __call__(self, signum: int, frame: object) -> None:
        if self.holds:
            self._noted[signum] = None
        elif callable(handler := self._before[signum]):
            handler(signum, frame)
        else:
            signal.signal(signum, handler)
            signal.raise_signal(signum)

    def begin(self) -> None:
        self.holds = True
        for signum in _WORDS:
            handler = signal.getsignal(signum)
            if handler is not None and handler != signal.SIG_IGN:
                self._before[signum] = handler
                signal.signal(signum, self)

    def end(self) -> None:
        """Put the earlier handlers back; where that is cut short, this one hands signals on."""
        self.holds = False
        try:
            for signum, handler in self._before.items():
                signal.signal(signum, handler)
        finally:
            _raise_signals(list(self._noted))


def _raise_signals(signums: list[int]) -> None:
    """Raise all of them: an exception that the first one's handler raises keeps none back."""
    if signums:
        try:
            signal.raise_signal(signums[0])
        finally:
            _raise_signals(signums[1:])


_hold = _Hold()


@contextmanager
def held_back() -> Iterator[None]:
    """Hold signals back until the block is done; they arrive in the main thread only."""
    global _hold
    if threading.current_thread() is not threading.main_thread() or _hold.holds:
        yield
        return
    hold = _hold = _Hold()
    try:
        with suppress(ValueError):  # a subinterpreter, where no signal arrives either
            hold.begin()
        yield
    finally:
        hold.end()


# --- a command -------------------------------------------------------------------------------


class _Command:
    """What has happened to the command that runs in this process.

    Attributes
    ----------
    first : int or None
        The first signal that came.
    over : bool
        Whether nothing is left that a signal could end.
    written : str
        What stands under its name, in words; empty where nothing does.
    """

    def __init__(self) -> None:
        self.first: int | None = None
        self.over = False
        self.written = ""


_command = _Command()


def note_written(words: str = "the output had been written") -> None:
    """Say that an output stands under its name, so that an interrupt later on is told truly."""
    _command.written = words


def raise_arrived() -> None:
    """Raise a signal that came to the command, and that a callback has swallowed."""
    if _command.first is not None and threading.current_thread() is threading.main_thread():
        raise _exception(_command.first)


def until_signalled(run: Callable[[], int], *, for_good: bool = False) -> int:
    """Run a command; a signal ends it in order, with one line on standard error.

    Parameters
    ----------
    run : callable
        Returns the exit code.
    for_good : bool
        Whether the process ends with it: signals are then ignored, not handled as before.

    Returns
    -------
    int
        The exit code: of ``run``, or 130 after SIGINT, 143 after SIGTERM, 129 after SIGHUP.
    """
    global _command
    command = _command = _Command()
    with _handlers(for_good):
        try:
            code = run()
            command.over = True
        except BaseException as error:  # an import may give another where it is interrupted
            command.over = True
            if command.first is None and not isinstance(error, KeyboardInterrupt):
                raise
            command.first = command.first or signal.SIGINT
        if command.first is None:
            return code
        _say(_WORDS[signal.Signals(command.first)], command.written)
        signum, command.first = command.first, None
        return 128 + signum


_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)


@contextmanager
def _handlers(for_good: bool) -> Iterator[None]:
    before: dict[int, Any] = {}
    hook = sys.unraisablehook
    try:
        sys.unraisablehook = _drop_signals(hook)
        with suppress(ValueError):  # not in the main thread
            for each in _WORDS:
                # nohup has SIGHUP ignored, a shell SIGINT of what runs in its background.
                if each == signal.SIGTERM or signal.getsignal(each) in _DEFAULTS:
                    before[each] = signal.signal(each, _arrive)
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, signal.SIG_IGN if for_good else handler or signal.SIG_DFL)
        if not for_good:
            sys.unraisablehook = hook


def _arrive(signum: int, frame: object) -> None:
    """Raise, unless an earlier signal is being handled: its clearing away must not be cut short."""
    _command.first = _command.first or signum
    error = sys.exception()
    while error is not None and not isinstance(error, (KeyboardInterrupt, Terminated)):
        error = error.__context__
    if error is None and not _command.over:
        raise _exception(_command.first)


def _exception(signum: int) -> BaseException:
    return Interrupted() if signum == signal.SIGINT else Terminated()


def _drop_signals(hook: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Say nothing of a signal that a callback swallows: it is raised again."""

    def drop(unraisable: Any) -> None:
        if not issubclass(unraisable.exc_type, (KeyboardInterrupt, Terminated)):
            hook(unraisable)

    return drop


def _say(what: str, written: str) -> None:
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.write(f"heatvid: {what}; {written or 'no file was written'}\n")
            sys.stderr.flush()
