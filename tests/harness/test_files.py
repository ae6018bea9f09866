"""A few damaged files of every format; many more by ``python -m tests.harness.files``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.harness.files import make_originals, read_many, ways

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="measures by Linux's /proc")


def test_damaged_files_are_refused_in_one_line_and_leave_nothing() -> None:
    assert read_many(1_000_000, 40) == []


def test_the_files_are_readable_before_they_are_damaged(tmp_path: Path) -> None:
    """Each in one way or more, or damage would not matter."""
    (tmp_path / "made").mkdir()
    for name in make_originals(tmp_path / "made"):
        every = ways(tmp_path / "made" / name, tmp_path / "out")
        wanted = "inspect" if "clear" not in name else "background"
        every[wanted]()
