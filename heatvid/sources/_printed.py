"""What a library prints in one thread: kept from standard output, which is the whole process's."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, local
from typing import Any

_lock = Lock()
_inside = 0  # threads whose output is kept
_own = local()


class _Divided:
    """Standard output, but for threads whose output is kept."""

    def __init__(self, behind: Any) -> None:
        self.behind = behind

    def write(self, text: str) -> int:
        """Write, to where this thread does."""
        stream = getattr(_own, "printed", None) or self.behind
        return len(text) if stream is None else stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.behind, name)


@contextmanager
def printed() -> Iterator[io.StringIO]:
    """Take what this thread prints, while others print as before."""
    global _inside
    with _lock:
        _inside += 1
        if not isinstance(sys.stdout, _Divided):
            sys.stdout = _Divided(sys.stdout)
    _own.printed = io.StringIO()
    try:
        yield _own.printed
    finally:
        _own.printed = None
        with _lock:
            _inside -= 1
            if not _inside and isinstance(sys.stdout, _Divided):
                sys.stdout = sys.stdout.behind
