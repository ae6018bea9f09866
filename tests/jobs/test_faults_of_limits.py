"""Full disks, files and folders that the system refuses end a render with one line that says so."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.support.running import Recorder
from tests.support.videos import only

pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="finds processes by Linux's /proc"
)

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
from heatvid.cli import main
sys.exit(main())
"""


def noise(folder: Path) -> Path:
    path = folder / "noise.npy"
    np.save(path, np.random.default_rng(0).integers(0, 256, (120, 256, 256), np.uint8))
    return path


def test_a_file_that_may_grow_no_further_is_an_error_that_says_so(
    good: Path, tmp_path: Path, record: Recorder
) -> None:
    since = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, "render", noise(tmp_path), "--overwrite", "-o", good],
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    record(time.monotonic() - since)
    assert done.returncode == 1
    assert re.fullmatch(r"heatvid: error: [^\n]*file system or a limit[^\n]*\n", done.stderr)


FEW_FILES = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv.pop(1)), 4096))
from heatvid.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("name", ["out.mp4", pytest.param("%d.png", marks=pytest.mark.exhaustive)])
def test_too_few_descriptors_are_an_error_that_says_so(
    tmp_path: Path, name: str, record: Recorder
) -> None:
    np.save(tmp_path / "data.npy", np.zeros((4, 16, 16), np.uint8))
    outcomes = []
    for count in range(6, 20):
        done = subprocess.run(
            [sys.executable, "-c", FEW_FILES, f"{count}", "render", tmp_path / "data.npy", "-q",
             "-o", tmp_path / "out" / name],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        said = re.search("error: .*too many open files; close some", done.stderr, re.IGNORECASE)
        assert (done.returncode, done.stderr) == (0, "") or said, (count, done)
        assert (tmp_path / "out").exists() == (done.returncode == 0)
        outcomes.append(done.returncode == 0)
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
    assert set(outcomes) == {False, True}


@pytest.mark.parametrize("name", ["out.mp4", "%d.png", "0.png"])
@pytest.mark.parametrize("more", [[], ["--overwrite"]])
def test_a_current_folder_that_is_deleted_is_needed_by_no_whole_path(
    tmp_path: Path, name: str, more: list[str]
) -> None:
    np.save(tmp_path / "data.npy", np.zeros((1, 16, 16), np.uint8))
    (tmp_path / "out").mkdir()
    for output, code in ((tmp_path / "out" / name, 0), (name, 2)):
        gone = tmp_path / "gone"
        gone.mkdir()
        program = f"import os; os.chdir({os.fspath(gone)!r}); os.rmdir({os.fspath(gone)!r})"
        done = subprocess.run(
            [sys.executable, "-c", f"{program}\nfrom heatvid.__main__ import main; exit(main())",
             "render", tmp_path / "data.npy", "-q", "-o", output, *more],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
    assert done.stderr == (
        f"heatvid: error: {name}: the current directory has been deleted; change to another one\n"
    )
    assert len(only(tmp_path / "out")) == 1


def test_a_full_disk_is_an_error_that_says_so(tmp_path: Path, record: Recorder) -> None:
    disk, data = tmp_path / "disk", noise(tmp_path)
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be made: {mounted.stderr.strip()}")
    try:
        (disk / "out.mp4").write_bytes(b"good")
        since = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "heatvid", "render", data, "--overwrite", "-o",
             disk / "out.mp4"],
            capture_output=True, text=True, timeout=30,
        )  # fmt: skip
        record(time.monotonic() - since)
        assert done.returncode == 1
        assert re.fullmatch(r"heatvid: error: [^\n]*no space left on device[^\n]*\n", done.stderr)
        assert only(disk) == ["out.mp4"]
        assert (disk / "out.mp4").read_bytes() == b"good"
    finally:
        subprocess.run(["umount", disk], check=True)
