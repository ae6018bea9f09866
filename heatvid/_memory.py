"""Memory that is free, by the system's own count and the limit of its container."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_UNKNOWN_BYTES = 2 << 30  # taken for free where no system says it
_SYSTEM, _GROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


def available_memory(system: Path = _SYSTEM, group: Path = _GROUP) -> int:
    """Bytes that could be allocated without anything being swapped out, as far as is known.

    Parameters
    ----------
    system : path
        Linux's file that says what is free.
    group : path
        Folder of the control group, where a container has its limit.
    """
    known = [size for size in (_of_system(system), _of_group(group)) if size is not None]
    return max(0, min(known)) if known else _UNKNOWN_BYTES


def _of_system(path: Path) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        for line in path.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return None


def _of_group(folder: Path) -> int | None:
    """What the limit of the container leaves; None where there is none.

    Pages of files count as used there, and are given up when memory is wanted.
    """
    with suppress(OSError, ValueError):
        most = int((folder / "memory.max").read_text("ascii"))  # "max" is no number
        used = int((folder / "memory.current").read_text("ascii"))
        lines = (folder / "memory.stat").read_text("ascii").splitlines()
        counts = dict(line.split(maxsplit=1) for line in lines if " " in line)
        of_files = sum(int(counts.get(name, 0)) for name in ("active_file", "inactive_file"))
        return most - max(0, used - of_files)
    return None
