"""What a process holds, so that a leak shows."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

counted = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counted in /proc")


_OF_ZARR = ("zarr", "asyncio")  # it keeps its threads for as long as the process lives


def footprint() -> tuple[int, int, str]:
    """Open descriptors, threads but those of zarr's own pool, and child processes."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    return (
        len(os.listdir("/proc/self/fd")),
        sum(not thread.name.startswith(_OF_ZARR) for thread in threading.enumerate()),
        children.read_text() if children.exists() else "",
    )
