"""Files that forked children must not keep open.

A child forked while a pipe to ffmpeg is open inherits its write end; ffmpeg then never sees the end
of its input. So children close what is listed here, and no fork falls between the creation of a
pipe and its listing.
"""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Iterable
from io import FileIO

fork_lock = threading.Lock()
_closed_in_children: weakref.WeakSet[FileIO] = weakref.WeakSet()


def close_in_forked_children(file: FileIO) -> None:
    """See to it that no forked child keeps ``file`` open."""
    with fork_lock:
        list_open(file)


def list_open(file: FileIO) -> None:
    """List what was opened under :data:`fork_lock`."""
    _closed_in_children.add(file)


def _after_fork_in_child() -> None:
    fork_lock.release()
    _close_all(_closed_in_children)


def _close_all(files: Iterable[FileIO]) -> None:
    for file in list(files):
        with contextlib.suppress(OSError):
            file.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=fork_lock.acquire,
        after_in_parent=fork_lock.release,
        after_in_child=_after_fork_in_child,
    )
