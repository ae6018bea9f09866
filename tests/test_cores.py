"""Cores: those of the affinity, or fewer where a control group has a quota of CPU time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from heatvid import _cores


def written(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def groups(tmp_path: Path) -> tuple[Path, Path]:
    """The file that lists a process's groups, and the folder where groups are mounted."""
    return tmp_path / "cgroup", tmp_path / "mounted"


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("200000 100000", 2), ("150000 100000", 2), ("50000 100000", 1), ("max 100000", None)],
)
def test_a_quota_of_the_second_version_bounds_the_cores(
    groups: tuple[Path, Path], quota: str, cores: int | None
) -> None:
    listed, mounted = groups
    written(listed, "0::/job/step\n")
    written(mounted / "job" / "step" / "cpu.max", f"{quota}\n")
    assert _cores.quota_cores(listed, mounted) == cores


def test_the_smallest_quota_of_all_that_a_group_lies_in_counts(groups: tuple[Path, Path]) -> None:
    listed, mounted = groups
    written(listed, "0::/job/step\n")
    written(mounted / "job" / "cpu.max", "300000 100000\n")
    written(mounted / "job" / "step" / "cpu.max", "800000 100000\n")
    assert _cores.quota_cores(listed, mounted) == 3


def test_a_quota_of_the_first_version_bounds_the_cores(groups: tuple[Path, Path]) -> None:
    """In a container the path is the host's, and the container's own group is the mount itself."""
    listed, mounted = groups
    written(listed, "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n")
    written(mounted / "cpu,cpuacct" / "cpu.cfs_quota_us", "400000\n")
    written(mounted / "cpu,cpuacct" / "cpu.cfs_period_us", "100000\n")
    assert _cores.quota_cores(listed, mounted) == 4


@pytest.mark.parametrize("text", ["", "nonsense", "0::\n", "1:cpu:/\n"])
def test_what_cannot_be_read_bounds_nothing(groups: tuple[Path, Path], text: str) -> None:
    listed, mounted = groups
    written(listed, text)
    written(mounted / "cpu.max", "-1\n")
    assert _cores.quota_cores(listed, mounted) is None


def test_without_control_groups_there_is_no_quota(tmp_path: Path) -> None:
    assert _cores.quota_cores(tmp_path / "none", tmp_path) is None


def test_the_quota_counts_where_it_is_less_than_the_affinity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)), raising=False)
    monkeypatch.setattr(_cores, "quota_cores", lambda: 3)
    assert _cores.available_cores() == 3
    monkeypatch.setattr(_cores, "quota_cores", lambda: None)
    assert _cores.available_cores() == 64
