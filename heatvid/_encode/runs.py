"""Outputs that several runs of one job may write at once, each under hidden names of its own.

On a cluster a job may run twice at any time. Then neither run may fail the other, nor touch what it
writes: each has a name beside the destination that no other has, and a lock on it; who is whole
first stands there, and whoever comes later puts the same in its place.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import socket
import time

from heatvid._encode.output_file import OutputFile, remove_scratch, remove_stale
from heatvid._errors import AnyPath, OptionError, called

_HIDDEN = re.compile(
    r"\..+\.heatvid-(?P<kind>parts?|scratch)-(?P<run>[0-9a-f]{24})(?:-[0-9a-f]{16})?"
)
_ABANDONED_SECONDS = 86_400.0  # after which what another machine left is not written any more


class RunPath(os.PathLike[str]):
    """The name of an output that other runs of the same job may be writing, too."""

    def __init__(self, path: AnyPath) -> None:
        self._path = os.fsdecode(path)

    def __fspath__(self) -> str:
        return self._path

    __str__ = __fspath__


def claim_file(path: AnyPath, *, overwrite: bool, several: bool) -> OutputFile:
    """Take an output's name: for one run of ``several``, or alone."""
    run = _host() + secrets.token_hex(8) if several else ""
    return OutputFile(path, overwrite=overwrite, run=run)


def remove_dead_runs(folder: AnyPath) -> None:
    """Remove what runs left in a folder whose processes were killed."""
    with contextlib.suppress(OSError):
        folder = os.fsdecode(folder)
        hidden = [found for name in os.listdir(folder) if (found := _HIDDEN.fullmatch(name))]
        living = {found["run"] for found in hidden if not _is_dead(folder, found)}
        for found in hidden:
            if found["kind"] != "part" and found["run"] not in living:
                remove_scratch(os.path.join(folder, found[0]))


def _is_dead(folder: str, hidden: re.Match[str]) -> bool:
    """Whether a hidden file's run is over; what it left under that name is removed then."""
    path = os.path.join(folder, hidden[0])
    try:
        # A lock says nothing of other machines where a file system keeps locks to one.
        age = time.time() - os.stat(path).st_mtime
        if not hidden["run"].startswith(_host()) and age < _ABANDONED_SECONDS:
            return False
        if hidden["kind"] == "part":
            remove_stale(called(path), path)
    except (OptionError, OSError):
        return False
    return True


def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
