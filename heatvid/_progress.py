"""Progress of long passes, by tqdm, on standard error and by default only on a terminal."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from heatvid._signals import raise_arrived

_MOST_LINES = 16  # of jobs that run
_OTHER_LINES = 8  # which a terminal needs beside them

Listener = Callable[[str, int, int | None], None]  # of the stage, more frames, and those in all
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Tell progress to a listener; what that raises ends the stage. For one thread's stages."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def progress_bar(
    name: str, frames: int | None, shown: bool | None
) -> Iterator[Callable[[int], None]]:
    """Show frames, frames a second and the time left of one stage.

    Parameters
    ----------
    name : str
        Of the stage.
    frames : int or None
        In all, where it is known.
    shown : bool or None
        None shows it where standard error is a terminal.

    Yields
    ------
    callable
        Advances the bar by a number of frames. Another pass over them adds them to the whole. A
        signal that a callback has swallowed is raised here.
    """
    if (listener := _listener.get()) is not None:
        yield lambda count: listener(name, count, frames)
        return
    if not _is_shown(shown):
        yield lambda count: raise_arrived()
        return
    from tqdm import tqdm

    with tqdm(total=frames, desc=name, unit="frame", dynamic_ncols=True) as bar:

        def advance(count: int) -> None:
            raise_arrived()
            if frames and bar.total < bar.n + count:
                bar.total += frames
            bar.update(count)

        yield advance


class JobBars:
    """How many of some jobs are over, the time left, and a line for each that runs.

    Parameters
    ----------
    bar : tqdm
    lines : sequence of tqdm
        Under it, of words alone.
    """

    def __init__(self, bar: Any = None, lines: Sequence[Any] = ()) -> None:
        self._bar, self._free = bar, list(lines)
        self._lines: dict[int, Any] = {}
        self._over: set[int] = set()
        self._lock = threading.Lock()

    def tell(self, number: int, name: str, done: int, total: int | None) -> None:
        """Show how far a job is, where a line is free."""
        with self._lock:
            if number in self._over or not (number in self._lines or self._free):
                return
            if number not in self._lines:
                self._lines[number] = self._free.pop()
            self._lines[number].set_description_str(f"  {name} {done}/{total or '?'}")

    def end(self, number: int, words: str) -> None:
        """Count a job, and say some words beside the bar."""
        raise_arrived()
        with self._lock:
            self._over.add(number)
            if (line := self._lines.pop(number, None)) is not None:
                line.set_description_str("")
                self._free.append(line)
        if self._bar is not None:
            self._bar.set_postfix_str(words, refresh=False)
            self._bar.update()


@contextmanager
def job_bars(name: str, jobs: int, shown: bool | None) -> Iterator[JobBars]:
    """Show a bar of jobs, and on a tall terminal those that run."""
    if not _is_shown(shown):
        yield JobBars()
        return
    from tqdm import tqdm

    lines = min(_MOST_LINES, jobs, shutil.get_terminal_size().lines - _OTHER_LINES)
    with ExitStack() as stack:
        settings = {"dynamic_ncols": True}
        bar = stack.enter_context(tqdm(total=jobs, desc=name, unit="job", **settings))
        words = {"bar_format": "{desc}", "leave": False, **settings}
        below = [tqdm(position=i + 1, **words) for i in range(max(0, lines))]
        for line in below:
            stack.callback(line.close)
        yield JobBars(bar, below[::-1])


def announcer(shown: bool | None) -> Callable[[str], None] | None:
    """What writes a line to standard error where progress is shown, and else None."""
    return _announce if _is_shown(shown) else None


def _announce(line: str) -> None:
    with suppress(OSError, ValueError):  # a terminal that is gone takes no render with it
        sys.stderr.write(f"heatvid: {line}\n")


def _is_shown(shown: bool | None) -> bool:
    if shown is None:
        return sys.stderr is not None and sys.stderr.isatty()
    return shown
