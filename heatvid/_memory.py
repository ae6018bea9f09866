"""Memory that is free, by the system's own count and the limit of its container."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_UNKNOWN_BYTES = 2 << 30  # taken for free where no system says it
_GROUP = Path("/sys/fs/cgroup")


def available_memory() -> int:
    """Bytes that could be allocated without anything being swapped out, as far as is known."""
    free = [_of_system(), _of_group()]
    known = [size for size in free if size is not None]
    return max(0, min(known)) if known else _UNKNOWN_BYTES


def _of_system() -> int | None:
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return None


def _of_group() -> int | None:
    """What the limit of the container leaves; None where there is none."""
    with suppress(OSError, ValueError):
        most = int((_GROUP / "memory.max").read_text("ascii"))  # "max" is no number
        return most - int((_GROUP / "memory.current").read_text("ascii"))
    return None
