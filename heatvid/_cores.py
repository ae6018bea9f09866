"""How many processor cores this process may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

_OF_PROCESS = Path("/proc/self/cgroup")
_MOUNTED = Path("/sys/fs/cgroup")


def available_cores() -> int:
    """Cores that this process may use: those it is bound to, or fewer by a container's quota."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return min(cores, quota_cores() or cores)


@cache
def quota_cores(of_process: Path = _OF_PROCESS, mounted: Path = _MOUNTED) -> int | None:
    """Whole cores that the control groups' CPU time allows, rounded up; None without a quota.

    Parameters
    ----------
    of_process : path
        The file that lists the process's groups.
    mounted : path
        Where the groups are mounted; the first version has its controllers in folders there.
    """
    quotas = [quota for group in _groups(of_process, mounted) for quota in _quotas(group)]
    return max(1, -int(-min(quotas) // 1)) if quotas else None


def _groups(of_process: Path, mounted: Path) -> Iterator[Path]:
    """The folders of the groups that bound the process, each with all that it lies in."""
    try:
        lines = of_process.read_text().splitlines()
    except (OSError, ValueError):  # not Linux
        return
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        root = mounted / controllers if controllers else mounted
        group = root / path.lstrip("/")
        yield from (group, *(folder for folder in group.parents if folder.is_relative_to(root)))


def _quotas(group: Path) -> Iterator[float]:
    """Cores by the files of either version; what cannot be read bounds nothing."""
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (group / "cpu.max").read_text().split()
        if quota != "max":
            yield int(quota) / int(period)
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota = (group / "cpu.cfs_quota_us").read_text()
        if int(quota) > 0:
            yield int(quota) / int((group / "cpu.cfs_period_us").read_text())
