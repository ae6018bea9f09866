"""Progress of long passes, by tqdm, on standard error and by default only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from heatvid._signals import raise_arrived

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


@contextmanager
def count_bar(name: str, jobs: int, shown: bool | None) -> Iterator[Callable[[str], None]]:
    """Show how many of some jobs are over, and the time left.

    Yields
    ------
    callable
        Told of each job that is over, and what is to be said beside the bar.
    """
    if not _is_shown(shown):
        yield lambda words: raise_arrived()
        return
    from tqdm import tqdm

    with tqdm(total=jobs, desc=name, unit="job", dynamic_ncols=True) as bar:

        def advance(words: str) -> None:
            raise_arrived()
            bar.set_postfix_str(words, refresh=False)
            bar.update()

        yield advance


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
