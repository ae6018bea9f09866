"""Every example runs as it stands and writes what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.stem)
def test_example_runs_and_writes_its_output(script: Path, tmp_path: Path) -> None:
    suffix = {
        "single_picture": ".png",
        "gallery": ".png",
        "compositions": ".jpg",
        "page": ".html",
        "shared_limits": "",
    }.get(script.stem, ".mp4")
    output = tmp_path / f"out{suffix}"
    done = subprocess.run(
        [sys.executable, "-W", "error", script, "--output", output],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    written = list(output.glob("*.mp4")) if output.is_dir() else [output]
    assert all(file.stat().st_size > 500 for file in written)
    assert written
    assert [file.name for file in tmp_path.iterdir()] == [output.name]
