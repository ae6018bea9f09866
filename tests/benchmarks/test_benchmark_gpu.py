"""The benchmark of the GPU: what it does without one, and all of it with one that is played."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import (
    _charts,
    _gpu_check,
    _gpu_kernels,
    _gpu_videos,
    _job_cases,
    _measure,
    _readme,
    gpu,
)
from benchmarks._jobs import JOBS
from heatvid.backends._cuda.kernels import FusedKernels
from tests.support.fake_cupy import HostKernels, fake_cupy
from tests.support.host_build import compiler

TINY = [
    dataclasses.replace(job, height=36, field=job.field and (16, 16))
    for job in JOBS
    if job.name in ("heat float32", "overlay float32", "heat 64×64 bilinear", "RGB float32")
]


def test_without_a_gpu_one_line_says_so(capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(_job_cases, "backends_here", lambda: (["numpy"], {"cuda": "no driver"}))
    assert gpu.main([]) == 2
    assert capsys.readouterr().err == "python -m benchmarks gpu needs a GPU: no driver\n"


def test_the_spread_of_plans_covers_every_format_and_has_no_twins() -> None:
    looks = [look for look, _ in _gpu_check.each()]
    assert {"yuv420p", "rgb24", "gray", "gray16le"} <= {look.canvas for look in looks}
    names = [look.name for look in _gpu_check.LOOKS]
    assert len(set(names)) == len(names)


def test_the_reference_equals_itself_on_every_plan() -> None:
    assert _gpu_check.check("numpy") == []


@pytest.mark.parametrize("name", ["heat float32", "canvas gray16le", "flow"])
def test_a_backend_that_is_off_is_found(name: str, monkeypatch: Any) -> None:
    look = next(look for look in _gpu_check.LOOKS if look.name == name)
    rendered = _gpu_check._render

    def render(backend: str, plan: Any, frames: Any) -> Any:
        frames = rendered("numpy", plan, frames)
        if backend == "off":
            frames[1, 7] ^= 1
        return frames

    monkeypatch.setattr(_gpu_check, "_render", render)
    (line,) = _gpu_check.differences("off", look, (20, 30))
    assert "1 of " in line
    assert "(1, 7)" in line
    assert _gpu_check.differences("numpy", look, (20, 30)) == []


@pytest.fixture(scope="module")
def summary(tmp_path_factory: Any) -> dict[str, Any]:
    """All figures, with the reference behind the seams of the device."""
    folder: Path = tmp_path_factory.mktemp("gpu")
    measured = gpu.measure_device(fake_cupy(), HostKernels, "numpy", TINY, 0.01)
    found = _gpu_videos.differing_frames(("numpy", "numpy"), folder, (36, 64), 3)
    row = {"numpy": {"fps": 9.0, "cpu_ms": 1.0, "peak_mib": 1.0}}
    videos = {"heat float32": {"render only": row, "end to end": row}}
    return {**measured, "differing_frames": found, "memcheck": {"ran": False}, "videos": videos}


def test_every_job_has_its_bandwidth_and_its_way_from_the_host(summary: dict[str, Any]) -> None:
    copy = summary["bandwidths"]["on_device"]
    for job in TINY:
        own = summary["kernels"][job.name]["heatvid"]
        moved = own["frames_a_launch"] * job.moved_bytes / own["seconds_a_launch"]
        assert own["gb_s"] == pytest.approx(moved / 1e9)
        assert own["of_copy_percent"] == pytest.approx(100 * moved / copy)
        usual, larger = summary["hosted"][job.name]
        assert usual["frames_a_slot"] == job.plan().batch_size
        assert usual["slots"] > job.plan().threads
        assert larger["frames_a_slot"] == gpu.LARGER_BATCH
        assert larger["to_host_gb_s"] == pytest.approx(larger["fps"] * job.canvas_bytes / 1e9)
    for name in gpu.HELD:
        assert summary["kernels"][name]["CuPy, step by step"]["fps"] > 0
    assert summary["differing_frames"] == []


@pytest.mark.parametrize("job", TINY, ids=lambda job: job.name)
def test_the_kernels_themselves_are_checked_and_timed(job: Any) -> None:
    if compiler() is None:
        pytest.skip("no C++ compiler (g++ or clang++)")
    own = _gpu_kernels.time_fused(job, fake_cupy(), FusedKernels, 3)
    assert own["frames_a_launch"] == 3
    assert own["fps"] > 0


class Off(HostKernels):
    off = 1


@pytest.mark.parametrize("name", gpu.HELD)
def test_a_wrong_picture_is_not_timed(name: str) -> None:
    job, cupy = next(job for job in TINY if job.name == name), fake_cupy()
    with pytest.raises(AssertionError, match=name):
        _gpu_kernels.time_fused(job, cupy, Off, 2)
    cupy.rint = lambda frame: frame + 2
    with pytest.raises(AssertionError, match=name):
        _gpu_kernels.time_stepwise(job, cupy, 2)


def test_demands_of_the_gpu_are_missed_and_held(summary: dict[str, Any]) -> None:
    def held(percent: float, memcheck: dict[str, object], differing: list[str]) -> list[Any]:
        own = json.loads(json.dumps(summary))
        for name in gpu.HELD:
            own["kernels"][name]["heatvid"]["of_copy_percent"] = percent
            own["hosted"][name][0]["of_copies_percent"] = percent
        own |= {"memcheck": memcheck, "differing_frames": differing}
        return [demand.holds for demand in gpu.demanded(own)]

    assert held(80.0, {"ran": True, "errors": 0}, []) == [True] * 6
    assert held(79.9, {"ran": True, "errors": 3}, ["heat: frame 2"]) == [False] * 6
    assert held(99.0, {"ran": False, "why": "not installed"}, [])[4] is None


def test_results_are_saved_drawn_and_tabled(
    summary: dict[str, Any], tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("OUT", str(tmp_path))
    options = gpu._parse(["--height", "36"])
    runs = {"heat": [_measure.Run(1.0, 1.0, 1.0, 1, 1)]}
    code = gpu._finish(summary, runs, options)
    content = json.loads((tmp_path / "gpu.json").read_text())
    assert code == any(demand["holds"] is False for demand in content["demands"])
    assert _charts.draw(tmp_path / "gpu.json") == tmp_path / "gpu.png"
    table = _readme.gpu(content)
    assert table.count("\n| ") == len(TINY) + 2
    assert "heat float32" in capsys.readouterr().out


def test_the_sanitizers_words_are_read() -> None:
    said = ["19 passed, 2 skipped in 3.1s", "========= ERROR SUMMARY: 0 errors"]
    assert _gpu_videos.read_sanitizer(0, said) == {
        "ran": True, "errors": 0, "tests": 19, "exit_code": 0
    }  # fmt: skip
    said[1] = "========= ERROR SUMMARY: 1 error"
    assert _gpu_videos.read_sanitizer(97, said)["errors"] == 1
    assert _gpu_videos.read_sanitizer(4, ["no tests ran"])["ran"] is False
