"""Whether videos of two backends are the same, decoded, and what compute-sanitizer finds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import _scene_video, _scenes
from benchmarks._measure import ROOT
from benchmarks.tools._task import ALPHA, ffmpeg

SANITIZED = "own_size or every_size_from or strides or every_blend"
SANITIZER_SECONDS = 120


def differing_frames(
    backends: tuple[str, str], folder: Path, size: tuple[int, int], frames: int
) -> list[str]:
    """Render heat and an overlay over a video with both; a line for each frame that differs."""
    import heatvid

    source, video = folder / "equal.npy", folder / "equal.mp4"
    _scenes.write_fields(source, frames, *size)
    _scene_video.write_video(video, frames, *size)
    found = []
    for kind, blending in (("heat", {}), ("overlay", {"background": video, "alpha": ALPHA})):
        decoded = []
        for name in backends:
            output = folder / f"equal-{name}.mp4"
            heatvid.render(
                source, output, backend=name, cmap=_scenes.CMAP, vmin=0, vmax=1, overwrite=True,
                progress=False, **blending,
            )  # fmt: skip
            decoded.append(_decode(output, frames))
        same = (decoded[0] == decoded[1]).all(1)
        found += [f"{kind}: frame {i} of the two videos differs" for i in np.flatnonzero(~same)]
    return found


def _decode(path: Path, frames: int) -> np.ndarray:
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"]
    command = [ffmpeg(), "-v", "error", "-nostdin", "-i", str(path), *raw]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(frames, -1)


def sanitize(timeout_seconds: float = SANITIZER_SECONDS) -> dict[str, object]:
    """Run a part of the contract suite under memcheck, where the program is there."""
    program = shutil.which("compute-sanitizer") or _beside_nvcc()
    if program is None:
        return {"ran": False, "why": "compute-sanitizer is not installed; CUDA's toolkit has it"}
    tests = ["-m", "pytest", "tests/contract/test_contract.py",
             "tests/contract/test_contract_shapes.py", "--backend", "cuda",
             "-k", SANITIZED, "-q", "-x", "-p", "no:cacheprovider"]  # fmt: skip
    command = [program, "--tool", "memcheck", "--error-exitcode", "97", sys.executable, *tests]
    environment = {**os.environ, "HEATVID_REQUIRE_GPU": "1"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True,
            timeout=timeout_seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"ran": False, "why": f"not done within {timeout_seconds:g} seconds"}
    return read_sanitizer(done.returncode, (done.stdout + done.stderr).splitlines())


def _beside_nvcc() -> str | None:
    usual = Path("/usr/local/cuda/bin/compute-sanitizer")
    return str(usual) if usual.exists() else None


def read_sanitizer(code: int, lines: Sequence[str]) -> dict[str, object]:
    """Take from its output how many errors it found, and how many tests passed."""
    text = "\n".join(lines)
    errors = re.findall(r"ERROR SUMMARY: (\d+) error", text)
    passed = re.search(r"(\d+) passed", text)
    if not errors or passed is None:
        return {"ran": False, "why": f"exit code {code}: " + " | ".join(lines[-3:])}
    return {"ran": True, "errors": max(map(int, errors)), "tests": int(passed[1]),
            "exit_code": code}  # fmt: skip
