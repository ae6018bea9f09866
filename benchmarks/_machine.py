"""What a figure was measured on: processor, memory, system and versions."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

# Named only where they are installed.
_PEERS = (
    "opencv-python-headless", "opencv-python", "matplotlib", "mediapy", "imageio", "av",
    "cupy-cuda12x", "cupy-cuda13x", "torch", "torchcodec",
    "supervision", "mbo_utilities", "parallel-matplotlib-animation",
)  # fmt: skip


def describe() -> dict[str, object]:
    """Describe this machine, in values that JSON can hold; what cannot be found is None."""
    return {
        "cpu": _first_match(r"model name\s*:\s*(.+)", "/proc/cpuinfo") or platform.processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "memory_gib": _memory_gib(),
        "gpu": _gpu(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "ffmpeg": _ffmpeg(),
        **{name: _version(name) for name in ("heatvid", "numpy", "numba", "imageio-ffmpeg")},
        **{name: version for name in _PEERS if (version := _version(name)) is not None},
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        pass
    if package != "heatvid":
        return None
    # Run from the tree without being installed: the project file has it.
    project = Path(__file__).parent.parent / "pyproject.toml"
    return _first_match(r'^version = "(.+)"', project)


def _first_match(pattern: str, path: str | Path) -> str | None:
    try:
        found = re.search(pattern, Path(path).read_text(), re.MULTILINE)
    except OSError:
        return None
    return found[1].strip() if found else None


def _memory_gib() -> float | None:
    kib = _first_match(r"MemTotal:\s*(\d+) kB", "/proc/meminfo")
    return round(int(kib) / 2**20, 1) if kib else None


def _gpu() -> str | None:
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None if answer.returncode == 0 else None


def _ffmpeg() -> str | None:
    from heatvid._ffmpeg.program import find_ffmpeg

    answer = subprocess.run([find_ffmpeg(), "-version"], capture_output=True, text=True, check=True)
    found = re.search(r"ffmpeg version (\S+)", answer.stdout)
    return found[1] if found else None
