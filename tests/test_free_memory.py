"""Memory that is free: by the system, and by the limit of a container, whose files do not count."""

from __future__ import annotations

from pathlib import Path

import pytest

from heatvid._memory import available_memory


def group(folder: Path, most: str, current: int, files: int) -> Path:
    (folder / "memory.max").write_text(f"{most}\n")
    (folder / "memory.current").write_text(f"{current}\n")
    (folder / "memory.stat").write_text(
        f"anon 5\nactive_file {files}\ninactive_file {files}\nshmem 7\n"
    )
    return folder


@pytest.fixture
def system(tmp_path: Path) -> Path:
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:   4000 kB\nBuffers: 1 kB\n")
    return tmp_path / "meminfo"


@pytest.mark.parametrize(
    ("most", "current", "files", "free"),
    [
        ("max", 9000, 0, 4_096_000),
        ("1000000", 300_000, 0, 700_000),
        ("1000000", 990_000, 400_000, 810_000),
        ("1000000", 2_000_000, 100, 0),
        ("99000000", 0, 0, 4_096_000),
    ],
)
def test_the_least_of_system_and_container_is_free(
    most: str, current: int, files: int, free: int, system: Path, tmp_path: Path
) -> None:
    assert available_memory(system, group(tmp_path, most, current, files)) == free


def test_where_nothing_is_known_two_gigabytes_are_taken_for_free(tmp_path: Path) -> None:
    assert available_memory(tmp_path / "no", tmp_path / "none") == 2 << 30


def test_this_machine_has_some_memory() -> None:
    assert available_memory() > 1 << 20
